"""The bar on top of every page: the text or the token ids that the reader writes, the model, and how it is run.

What the reader wrote is in the link, compressed where it is long; the browser's tab keeps what is too long for a link.
"""

from typing import Final

import streamlit as st

from embedcore.engine.providers import REQUESTS
from embedcore.model import catalog
from pages.shared import copy_link, linked_text, links, notices, own_models, owners, plain, services, written
from pages.shared.control_row import fold
from pages.shared.reading import current_model, is_text
from pages.shared.text_in_link import MAX_TEXT
from pages.shared.widgets import segments, select

_WRITE: Final = ("text", "token ids")


def draw() -> None:
    """Draw the controls that every page shares, and below them what is to be said of what the reader wrote."""
    own_models.open_what_is_next()
    with st.container(horizontal=True, vertical_alignment="top", gap="small", key="bar"):
        text_box = st.container(key="bar_text", width="stretch")
        with st.container(key="bar_model", horizontal=True, gap="small", width="content"):
            summaries = {entry.name: entry.summary for entry in catalog.entries()}
            summaries |= dict.fromkeys(own_models.names(), own_models.SUMMARY)
            name = select("Model", list(summaries), key="model", label_visibility="collapsed", width=190)
            if services.is_own_open():
                links.lacks("The model: it is a file of yours, which opens in this browser tab alone.")
            with fold("Input", icon=":material/tune:", key="bar_input"):
                _settings(summaries[name])
            copy_link.place()
    with text_box:
        _text_area()
    written.say_what_stands_in()
    written.say_of_ids()


def _settings(summary: str) -> None:
    segments("Write", _WRITE, key="write")
    select("Run on", REQUESTS, key="provider")
    with notices.in_place():
        model, report = current_model(), current_model().provider_report
        st.caption(
            f"{plain.text(model.name)}: {plain.text(summary)}. It runs on {report.actual.upper()}: {plain.text(report.reason)}. "
            f"The file's sha256 is `{model.sha256[:12]}…`."
        )


def _text_area() -> None:
    for key in ("text", "ids"):  # both ways to write, for a page may need the other
        linked_text.take(key)
    key = "text" if is_text() else "ids"
    is_own = True
    if key == "ids":
        written.begin_ids()
        is_own = owners.carry_ids(lambda: current_model().tokenizer)
    st.session_state[written.WAS_TEXT] = is_text()
    with st.container(horizontal=True, gap="small", key="bar_write"):
        st.text_area(
            "Your text" if key == "text" else "Your token ids",
            key=key,
            height=68,
            max_chars=MAX_TEXT,
            persist_state="session",
            label_visibility="collapsed",
            placeholder="Write a text, such as: A list is like a tuple."
            if key == "text"
            else "Write token ids, such as: 2, 3, 5. A pasted list or tensor is read as well.",
        )
        st.button("Apply", key="bar_apply", width="content")  # where there is no Ctrl key: leaving the box applies it
    linked_text.put(key, is_own=is_own)
