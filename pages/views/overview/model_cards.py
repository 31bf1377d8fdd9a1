"""A row of cards, one for each model: what it is, its numbers, and one click to look at it."""

from typing import Final

import streamlit as st

from embedcore.model import catalog
from embedcore.model.catalog import CatalogEntry
from pages.shared import own_models, plain, services
from pages.views.overview import own_file

_MOST: Final = 8  # models of the server's folder may be many: the box on top lists all
_WIDTH: Final = 200  # pixels: six cards stand in one row of a laptop


def draw() -> None:
    """Draw the cards; the one of the open model says so and is marked. The last one opens a model of the reader's."""
    with st.container(horizontal=True, gap="small", key="model_cards"):
        for entry in catalog.entries()[:_MOST]:
            _card(entry)
        for name in own_models.names():
            _card(catalog.entry_of(name, services.own_file(name), own_models.SUMMARY), is_own=True)
        with st.container(key="model_card_own", width=_WIDTH, gap=None):
            is_pressed = st.button("Your own model", key="own_ask", type="tertiary", icon=":material/upload_file:")
            st.caption("From its files: safetensors, GGUF, .onnx, a NumPy table, word vectors.")
    if is_pressed or own_models.is_converting():
        own_file.ask()


def _card(entry: CatalogEntry, *, is_own: bool = False) -> None:
    is_open = entry.name == st.session_state["model"]
    with st.container(key=f"model_card_{'open_' if is_open else ''}{_key(entry.name)}", width=_WIDTH, gap=None):
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
        if is_own:
            st.button(
                "Delete this file",
                key=f"forget_{_key(entry.name)}",
                type="tertiary",
                icon=":material/delete:",
                on_click=own_models.forget,
                args=(entry.name,),
            )


def _open(name: str) -> None:
    st.session_state["model"] = name


def _key(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name)
