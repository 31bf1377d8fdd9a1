"""The reader's text as two tokenizers cut it, side by side, with what they cut differently marked."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.tokens.pieces import is_cut_alike
from embedcore.tokens.tokenizer import NAMES, Tokenization, Tokenizer
from pages.shared import chips, notices, services, widgets, written
from pages.shared.numerals import count

_SIDES: Final = ("left", "right")


def draw(*, allow_special: bool) -> None:
    """Draw the choice of each tokenizer, and the tokens that it cuts the text into."""
    columns = st.columns(2, gap="medium")
    cuts: dict[str, tuple[Tokenizer, Tokenization]] = {}
    for column, key in zip(columns, _SIDES, strict=True):
        with column, notices.in_place():
            tokenizer = services.tokenizer(widgets.select("Tokenizer", NAMES, key=key))
            cuts[key] = tokenizer, written.text_in(tokenizer, allow_special=allow_special)
    for column, key, other in zip(columns, _SIDES, reversed(_SIDES), strict=True):
        if key not in cuts:
            continue
        tokenizer, cut = cuts[key]
        alike = is_cut_alike(cut, cuts[other][1]) if other in cuts else np.array([True] * len(cut.token_ids))
        with column:
            st.markdown(
                _words(tokenizer, cut, int(np.count_nonzero(alike)), cuts[other][0].name if other in cuts else None)
            )
            chips.token_chips(cut, key=f"{key}_chips", selectable=False, differs=[not each for each in alike.tolist()])


def _words(tokenizer: Tokenizer, cut: Tokenization, n_alike: int, other: str | None) -> str:
    n_tokens = len(cut.token_ids)
    said = f"**{count(n_tokens, 'token')}** out of a vocabulary of {tokenizer.n_vocab:,}."
    if other is None or n_tokens == 0:
        return said
    if n_alike == n_tokens:
        return f"{said} {other} cuts all of them alike."
    return f"{said} {other} cuts {n_alike:,} of them alike; the others have a line above."
