"""The head of a page: its title, and beside it, or below it where there is no room, what the page shows."""

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st


def head(title: str, lede: str) -> AbstractContextManager[Any]:
    """Draw the title of a page and its lede, which is Markdown and at most 110 characters long, one line at 1,400 px.

    Return the container of both, for what else belongs there.
    """
    container = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="page_head")
    with container:
        st.title(title, width="content", anchor=False)
        st.markdown(lede, width="content")
    return container
