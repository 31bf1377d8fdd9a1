"""The reader's text as several tokenizers cut it, side by side, with what they cut differently marked."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.pieces import is_cut_alike
from embedcore.tokens.tokenizer import NAMES, Tokenization, Tokenizer
from pages.shared import chips, notices, services, widgets, written
from pages.shared.numerals import count

_SIDES: Final = ("left", "right")
_N_BESIDE: Final = 2  # columns that chips have room in

_Cut = tuple[Tokenizer, Tokenization]


def draw(model: Model, *, allow_special: bool) -> None:
    """Draw the choice of each tokenizer, and the tokens that it cuts the text into; more of them below the first two.

    The model's own tokenizer is one of them where it lies in the model's file.
    """
    own = model.tokenizer
    names = NAMES if own.name in NAMES else (*NAMES, own.name)
    columns = st.columns(_N_BESIDE, gap="medium")
    cuts: dict[str, _Cut] = {}
    for column, key in zip(columns, _SIDES, strict=True):
        with column, notices.in_place():
            cuts[key] = _cut(widgets.select("Tokenizer", names, key=key), own, allow_special=allow_special)
    for column, key, other in zip(columns, _SIDES, reversed(_SIDES), strict=True):
        if key in cuts:
            with column:
                _draw_cut(cuts[key], cuts.get(other), key=f"{key}_chips")
    more = widgets.several("More tokenizers", names, key="more", value=())
    for row in (more[first : first + _N_BESIDE] for first in range(0, len(more), _N_BESIDE)):
        for column, name in zip(st.columns(_N_BESIDE, gap="medium"), row, strict=False):
            with column, notices.in_place():
                st.markdown(f"**{name}**")
                _draw_cut(_cut(name, own, allow_special=allow_special), cuts.get("left"), key=f"more_{name}_chips")


def _cut(name: str, own: Tokenizer, *, allow_special: bool) -> _Cut:
    tokenizer = services.tokenizer(name) if name in NAMES else own
    return tokenizer, written.text_in(tokenizer, allow_special=allow_special)


def _draw_cut(one: _Cut, other: _Cut | None, *, key: str) -> None:
    tokenizer, cut = one
    alike = np.array([True] * len(cut.token_ids)) if other is None else is_cut_alike(cut, other[1])
    st.markdown(_words(tokenizer, cut, int(np.count_nonzero(alike)), None if other is None else other[0].name))
    chips.token_chips(cut, key=key, selectable=False, differs=[not each for each in alike.tolist()])


def _words(tokenizer: Tokenizer, cut: Tokenization, n_alike: int, other: str | None) -> str:
    n_tokens = len(cut.token_ids)
    said = f"**{count(n_tokens, 'token')}** out of a vocabulary of {tokenizer.n_vocab:,}."
    if other is None or n_tokens == 0:
        return said
    if n_alike == n_tokens:
        return f"{said} {other} cuts all of them alike."
    return f"{said} {other} cuts {n_alike:,} of them alike; the others have a line above."
