"""How vectors become queries and keys: how many heads, the head and the frequencies that are shown, and normalization."""

from typing import Final

import streamlit as st

from embedcore.model.model import Model
from embedcore.schemes import Heads
from pages.shared import widgets

ALL_PAIRS: Final = -1
_HEADS_OF: Final = "_heads_of"  # the sha256 of the model file that the number of heads was last drawn for


def draw(model: Model) -> Heads:
    """Draw the knobs of the heads; another model brings its own heads where it has any, or where the old do not fit.

    Raises ShapeError where the heads do not divide the model's width.
    """
    d_model, default = model.metadata.stored_width, default_heads(model)
    if st.session_state.get(_HEADS_OF) not in (None, model.sha256):
        is_unfit = d_model % st.session_state.get("heads", default) != 0
        if is_unfit or "n_heads" in model.metadata.position_parameters:
            st.session_state["heads"] = default
    st.session_state[_HEADS_OF] = model.sha256
    cells = st.columns(3, vertical_alignment="bottom")
    with cells[0]:
        n_heads = widgets.number("Number of heads", key="heads", value=default, smallest=1, largest=4096)
    with cells[1]:
        head = widgets.number("Head shown", key="head", value=0, smallest=0, largest=n_heads - 1, disabled=n_heads == 1)
    last_pair = max(ALL_PAIRS, d_model // n_heads // 2 - 1)
    with cells[2]:
        pair = widgets.listed("Frequency pairs shown", range(ALL_PAIRS, last_pair + 1), key="pair")
    is_normalized = widgets.toggle("Normalize vectors before queries and keys (LayerNorm)", key="normalize")
    heads = Heads(n_heads, head=head, is_normalized=is_normalized, pair=None if pair == ALL_PAIRS else pair)
    heads.check(d_model)
    return heads


def default_heads(model: Model) -> int:
    """Return the heads of the model's own scheme where they cut a row, or 4, or the most below that divide its width."""
    metadata = model.metadata
    if "n_heads" in metadata.position_parameters and metadata.heads_width == metadata.stored_width:
        return model.metadata.n_heads
    return next(number for number in (4, 2, 1) if model.metadata.stored_width % number == 0)
