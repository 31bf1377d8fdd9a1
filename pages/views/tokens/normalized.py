"""The text as the tokenizer reads it, where it changes the reader's own before it cuts it."""

import streamlit as st

from embedcore.tokens.labels import visible
from embedcore.tokens.tokenizer import Tokenizer
from pages.shared import plain
from pages.shared.reading import is_text

_MOST = 300  # characters


def say(tokenizer: Tokenizer, text: str) -> None:
    """Say what the tokenizer reads in place of `text`; nothing where it reads the text as it is."""
    changed = tokenizer.normalized(text) if is_text() else text
    if changed != text:
        shown = visible(changed[:_MOST]) + ("…" if len(changed) > _MOST else "")
        st.caption(f"The tokenizer reads: {plain.code(shown)}. It changes the text before it cuts it.")
