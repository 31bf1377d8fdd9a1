"""What the reader wrote, a text or token ids, taken from a link and put into one; the text box says where it is kept."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import streamlit as st

from pages.shared import kept_texts, links, notices, text_in_link
from pages.shared.parameters import PARAMETERS

_NAMES: Final[Mapping[str, str]] = MappingProxyType({"text": "text", "ids": "list of token ids"})


def take(key: str) -> None:
    """Take what the link asks for under `key`, "text" or "ids", into the session; the page may end until it is fetched."""
    value = links.requested(key)
    text = None if value is None else kept_texts.text_of(value, key=f"fetched_{key}")
    if value is not None and text is None:
        notices.link_notice(
            f"The link's {_NAMES[key]} is longer than a link can hold: only the browser tab in which it was written has it."
        )
        links.leave_out(key, "token", "first")
    if text is not None:
        st.session_state[key] = text
    elif key not in st.session_state or (value is None and links.is_back()):
        st.session_state[key] = PARAMETERS[key].default


def put(key: str, *, is_own: bool) -> None:
    """Put what is written under `key` into the link, and say where it is where a link does not simply show it.

    `is_own`: it means the same to the model that the link names.
    """
    text, default = st.session_state[key], PARAMETERS[key].default
    value = text_in_link.in_link(text) if is_own else default
    links.shows(key, value, default)
    if not is_own:
        links.lacks("The token ids: they belong to another model than the one that the link names.")
    elif text_in_link.is_packed(value):
        st.caption(
            f"The link holds this {_NAMES[key]} in compressed form: a reload keeps it, and so does a shared link."
        )
    elif text_in_link.is_name(value):
        links.lacks(f"The {_NAMES[key]}: it is longer than a link can hold.")
        is_kept = kept_texts.keep(value, text, key=f"kept_{key}")
        st.caption(
            "Too long for a link: this browser tab keeps it through a reload, and a shared link opens without it."
            if is_kept
            else "Too long for a link: this browser keeps nothing for a page, so a reload and a shared link open without it."
        )
