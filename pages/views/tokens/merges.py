"""How a tokenizer comes to one token of the text: byte-pair encoding builds it merge by merge."""

from typing import Final

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import Building, building, is_taken_whole
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import plain
from pages.shared.reading import explained_token, why_explained
from pages.views.tokens import origin, parts

_MOST: Final = 30  # merges of a table: of a token with more the first and the last are shown
_LAST: Final = 10


def draw(model: Model, tokenization: Tokenization, chosen: int | None, *, allow_special: bool) -> None:
    """Draw how the token comes about that every page explains; `tokenization` was cut with `allow_special`."""
    tokenizer = model.tokenizer
    index = explained_token(model, tokenization) if chosen is None else chosen
    token_id = int(tokenization.token_ids[index])
    built = building(tokenizer, token_id)
    is_whole = is_taken_whole(tokenizer, tokenization, index, allow_special=allow_special)
    said = origin.sentence(tokenizer, built, is_whole=is_whole)
    st.markdown(
        f"Token {index}, {plain.code(token_label(tokenizer.token_bytes(token_id)))}, id {token_id}: {said} {why_explained(model, chosen)}"
    )
    if built.steps:
        _table(built)


def _table(built: Building) -> None:
    """Draw the symbols that the merges start from, and what stands after each of them."""
    n_steps = len(built.steps)
    numbers = list(range(1, n_steps + 1))
    if n_steps > _MOST:
        del numbers[_MOST - _LAST : -_LAST]
    steps = [built.steps[number - 1] for number in numbers]
    is_ranked = all(step.rank == step.token_id for step in steps)
    ranks = {"id (rank)" if is_ranked else "rank": ["", *(str(step.rank) for step in steps)]}
    ids = {} if is_ranked else {"id": ["", *(str(step.token_id) for step in steps)]}
    st.table(
        {
            "step": [built.symbols, *map(str, numbers)],
            "merged": ["", *(parts.code(step.merged) for step in steps)],
            **ranks,
            **ids,
            "parts": [parts.line(built.start), *(parts.line(step.parts) for step in steps)],
        },
        hide_index=True,
    )
    if n_steps > len(steps):
        st.caption(
            f"The table shows {len(steps)} of {n_steps:,} merges: those from {_MOST - _LAST + 1} to {n_steps - _LAST:,} are left out."
        )
