"""The reader's text as two tokenizers cut it, side by side."""

import streamlit as st

from embedcore.tokens.tokenizer import NAMES
from pages.shared import chips, notices, services, widgets, written
from pages.shared.numerals import count


def draw() -> None:
    """Draw the choice of each tokenizer, and the tokens that it cuts the text into."""
    for column, key in zip(st.columns(2, gap="medium"), ("left", "right"), strict=True):
        with column, notices.in_place():
            name = widgets.select("Tokenizer", NAMES, key=key)
            other = services.tokenizer(name)
            cut = written.text_in(other)
            st.markdown(f"**{count(len(cut.token_ids), 'token')}** out of a vocabulary of {other.n_vocab:,}")
            chips.token_chips(cut, key=f"{key}_chips", selectable=False)
