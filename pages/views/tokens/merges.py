"""How byte-pair encoding builds one token of the text, merge by merge."""

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import merge_steps
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import plain
from pages.shared.reading import explained_token, why_explained


def draw(model: Model, tokenization: Tokenization, chosen: int | None) -> None:
    """Draw the merges of the token that every page explains."""
    tokenizer = model.tokenizer
    index = explained_token(model, tokenization) if chosen is None else chosen
    token_id = int(tokenization.token_ids[index])
    steps = merge_steps(tokenizer, token_id)
    st.markdown(
        f"Token {index}, {plain.code(token_label(tokenizer.token_bytes(token_id)))}, id {token_id}: "
        + ("byte-pair encoding always merges the pair that was learned earliest." if steps else "no merges build it.")
        + f" {why_explained(model, chosen)}"
    )
    if not steps:
        return
    first = [bytes([byte]) for byte in tokenizer.token_bytes(token_id) or b""]
    stages = [tuple(first), *(step.parts for step in steps)]
    st.table(
        {
            "step": ["bytes", *(str(number) for number in range(1, len(steps) + 1))],
            "merged": ["", *(plain.code(token_label(step.merged)) for step in steps)],
            "id (rank)": ["", *(str(step.rank) for step in steps)],
            "parts": [" · ".join(plain.code(token_label(part)) for part in stage) for stage in stages],
        },
        hide_index=True,
    )
