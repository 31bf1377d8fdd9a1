"""The bar that every page shares: the model, and the text or the token ids that the reader writes.

A text too long for a link stays out of it.
"""

from typing import Final

import streamlit as st

from embedcore.engine.providers import REQUESTS
from embedcore.model import catalog
from pages.shared import links, notices, owners, plain
from pages.shared.parameter import MAX_TEXT
from pages.shared.parameters import PARAMETERS
from pages.shared.reading import MAX_LINK_CHARACTERS, current_model, is_in_link, is_text
from pages.shared.widgets import segments, select

_WRITE: Final = ("text", "token ids")


def draw() -> None:
    """Draw the controls that every page shares: model, text, part of a long text, provider."""
    summaries = {entry.name: entry.summary for entry in catalog.entries()}
    name = select("Model", list(summaries), key="model")
    st.caption(plain.text(summaries[name]))
    segments("Write", _WRITE, key="write")
    _text_area()
    with st.expander("Run on"):
        select("Provider", REQUESTS, key="provider", label_visibility="collapsed")
        with notices.in_place():
            model, report = current_model(), current_model().provider_report
            sha256 = model.sha256[:12]
            st.caption(
                f"Runs on {report.actual.upper()}: {plain.text(report.reason)}. The file's sha256 is `{sha256}…`."
            )


def _text_area() -> None:
    for key in ("text", "ids"):  # both ways to write, for a page may need the other
        linked = links.requested(key)
        if linked is not None or key not in st.session_state:
            st.session_state[key] = PARAMETERS[key].default if linked is None else linked
    key = "text" if is_text() else "ids"
    is_own = True
    if key == "ids" and "provider" in st.session_state:
        is_own = owners.carry_ids(lambda: current_model().tokenizer)
    st.text_area(
        "Text" if key == "text" else "Token ids",
        key=key,
        height=130,
        max_chars=MAX_TEXT,
        persist_state="session",
        help="Ctrl + Enter to apply"
        if key == "text"
        else "Write whole numbers with commas or spaces between them, or paste a list or a tensor",
    )
    if is_in_link():
        default = PARAMETERS[key].default
        links.shows(key, st.session_state[key] if is_own else default, default)
    else:
        links.shows(key, None)
        st.caption(f"What is longer than {MAX_LINK_CHARACTERS:,} characters is not part of the link.")
