"""How many characters, bytes and tokens the reader's text has."""

import streamlit as st

from embedcore.tokens.tokenizer import Tokenization
from pages.shared import written


def draw(tokenization: Tokenization) -> None:
    """Draw the five counts; characters only where there is a text."""
    text = written.text_or_none()
    n_tokens, n_bytes = len(tokenization.token_ids), sum(map(len, tokenization.token_bytes))
    for column, (name, value) in zip(
        st.columns(5),
        {
            "Characters": "–" if text is None else f"{len(text):,}",
            "Bytes": f"{n_bytes:,}",
            "Tokens": f"{n_tokens:,}",
            "Different tokens": f"{len(set(tokenization.token_ids.tolist())):,}",
            "Bytes per token": f"{n_bytes / n_tokens:.2f}" if n_tokens else "–",
        }.items(),
        strict=True,
    ):
        column.metric(name, value)
