"""How vectors become queries and keys: how many heads, the head and the frequencies that are shown, and normalization."""

from typing import Final

import streamlit as st

from embedcore.layer.block import FirstBlock
from embedcore.model.model import Model
from embedcore.schemes import Heads
from pages.shared import links, plain, widgets
from pages.shared.numerals import count

ALL_PAIRS: Final = -1
_HEADS_OF: Final = "_heads_of"  # the sha256 of the model file that the number of heads was last drawn for


def draw(model: Model, block: FirstBlock | None) -> Heads:
    """Draw the knobs of the heads; another model brings its own heads where it has any, or where the old do not fit.

    With `block` the heads are those of the model's block 1, and nothing is to be chosen but which one is shown. Raises
    ShapeError where the heads do not divide the model's width.
    """
    return _of_rows(model) if block is None else _of_block(model, block)


def default_heads(model: Model) -> int:
    """Return the heads of the model's own scheme where they cut a row, or 4, or the most below that divide its width."""
    metadata = model.metadata
    if "n_heads" in metadata.position_parameters and metadata.heads_width == metadata.stored_width:
        return model.metadata.n_heads
    return next(number for number in (4, 2, 1) if model.metadata.stored_width % number == 0)


def group_words(block: FirstBlock, head: int) -> str:
    """Say how many heads block 1 has, and which head of keys the query head `head` reads where a group shares one."""
    if block.n_kv_heads == block.n_heads:
        return f"{count(block.n_heads, 'head')}, each with queries and keys of its own"
    return (
        f"{count(block.n_heads, 'query head')} and {count(block.n_kv_heads, 'key head')}: query head {head} reads key head "
        f"{block.key_head(head)}"
    )


def _of_rows(model: Model) -> Heads:
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


def _of_block(model: Model, block: FirstBlock) -> Heads:
    name = plain.text(model.name)
    links.unused("heads", "belongs to vectors that stand in for queries and keys, and those of block 1 are used")
    links.unused("normalize", "belongs to vectors that stand in for queries and keys, and those of block 1 are used")
    cells = st.columns(2, vertical_alignment="bottom")
    with cells[0]:
        last = block.n_heads - 1
        head = widgets.number("Head shown", key="head", value=0, smallest=0, largest=last, disabled=last == 0)
    with cells[1]:
        pairs = range(ALL_PAIRS, max(ALL_PAIRS, block.head_dim // 2 - 1) + 1)
        pair = widgets.listed("Frequency pairs shown", pairs, key="pair")
    st.caption(
        f"The number of heads is fixed, because the matrices of block 1 in the file of {name} make that many: "
        f"{group_words(block, head)}."
    )
    return Heads(block.n_heads, head=head, is_normalized=False, pair=None if pair == ALL_PAIRS else pair)
