"""A button that copies the address of the page, which shows what the page shows, and says what it cannot hold."""

from pathlib import Path
from typing import Final

import streamlit as st

from pages.shared import links

_SLOT: Final = "_copy_link_slot"
_HERE: Final = Path(__file__).parent
_component = st.components.v2.component(
    "copy_link",
    html=(_HERE / "copy_link.html").read_text(),
    css=(_HERE / "copy_link.css").read_text(),
    js=(_HERE / "copy_link.js").read_text(),
)


def place() -> None:
    """Make the button's place here: what the link lacks is known when all of the page is drawn."""
    st.session_state[_SLOT] = st.container(key="bar_copy", width="content")


def draw() -> None:
    """Draw the button in its place, when the page is drawn; nothing where the bar could not be drawn."""
    slot = st.session_state.pop(_SLOT, None)
    if slot is None:
        return
    with slot:
        _component(key="copy_link", data={"lacking": list(links.lacking())}, width="content")
