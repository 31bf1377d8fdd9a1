"""A row of cards, one for each model: what it is, its numbers, and one click to look at it."""

from typing import Final

import streamlit as st

from embedcore.model import catalog
from pages.shared import plain

_MOST: Final = 8  # models of the reader's own folder may be many: the box on top lists all


def draw() -> None:
    """Draw the cards; the one of the open model says so and is marked."""
    chosen = st.session_state["model"]
    with st.container(horizontal=True, gap="small", key="model_cards"):
        for entry in catalog.entries()[:_MOST]:
            is_open = entry.name == chosen
            with st.container(key=f"model_card_{'open_' if is_open else ''}{_key(entry.name)}", width=236, gap=None):
                st.button(
                    plain.text(entry.name),
                    key=f"open_{_key(entry.name)}",
                    type="tertiary",
                    icon=":material/check:" if is_open else None,
                    help="This model is open." if is_open else None,
                    on_click=_open,
                    args=(entry.name,),
                )
                st.caption(f"{plain.text(entry.summary)}  \n{entry.numbers}")


def _open(name: str) -> None:
    st.session_state["model"] = name


def _key(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name)
