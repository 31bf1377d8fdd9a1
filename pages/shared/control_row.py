"""A row of controls, which wraps where it is too wide, and what folds away in it."""

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st


def control_row(key: str) -> AbstractContextManager[Any]:
    """Return a container whose controls stand side by side, 16 px apart, on as many lines as they need.

    `key` is one for the whole app, as the keys of widgets are: a page's own name and "controls", for example.
    """
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=key)


def fold(label: str, *, icon: str, key: str) -> AbstractContextManager[Any]:
    """Return a popover for controls that are seldom changed; they stay bound to the link while it is closed."""
    return st.popover(label, icon=icon, width="content", key=key)
