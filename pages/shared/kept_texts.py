"""Texts that no link can hold: the session keeps the latest for Back and Forward, and the browser's tab for a reload."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from pages.shared import notices, text_in_link, triggers

_TEXTS: Final = "_kept_texts"  # name → text, or None where the tab has none of that name
_REFUSED: Final = "_refused_texts"
_MOST: Final = 4

_component = st.components.v2.component(
    "kept_texts", html="<i hidden></i>", js=Path(__file__).with_name("kept_texts.js").read_text()
)


def keep(name: str, text: str, *, key: str) -> bool:
    """Keep `text` under the `name` that a link has for it; return False where the browser is known to refuse to."""
    _remember(name, text)
    triggers.mount(_component, key=key, data={"name": name, "text": text}, acts={"refused": _take_refusal})
    return st.session_state.get(_REFUSED) != name


def text_of(value: str, *, key: str) -> str | None:
    """Return the text of a link's `value`; None where it is the name of one that this tab does not have.

    The first time that the text of a name is asked for, the page ends here until the tab has answered.
    """
    if not text_in_link.is_name(value):
        return text_in_link.text_of(value)
    texts = st.session_state.setdefault(_TEXTS, {})
    if value not in texts:
        triggers.mount(_component, key=key, data={"name": value, "text": None}, acts={"fetched": _take_fetched})
        st.caption("The text of this page is longer than a link can hold: it is fetched from this browser tab.")
        notices.end_page()
    text: str | None = texts[value]
    return text


def _remember(name: str, text: str | None) -> None:
    texts: dict[str, str | None] = st.session_state.setdefault(_TEXTS, {})
    texts.pop(name, None)
    texts[name] = text
    for old in list(texts)[:-_MOST]:
        del texts[old]


def _take_fetched(sent: Any) -> None:
    """Take what the browser sends, which is checked: a text has the name that its characters give it."""
    if not isinstance(sent, Mapping) or not isinstance(sent.get("name"), str):
        return
    name, text = sent["name"], sent.get("text")
    is_whole = isinstance(text, str) and len(text) <= text_in_link.MAX_TEXT and text_in_link.in_link(text) == name
    _remember(name, text if is_whole else None)
    notices.stay()


def _take_refusal(name: Any) -> None:
    st.session_state[_REFUSED] = name
    notices.stay()
