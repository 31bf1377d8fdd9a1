"""Which vocabulary an id belongs to: a choice is carried into another vocabulary by its bytes, or said to be missing.

An id, a set of ids or an expression with ids in it stands in the session beside the name of its tokenizer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st

from embedcore.errors import EmbedcoreError, UnknownTokenId
from embedcore.space.carried import NOT_THERE, carried
from embedcore.tokens.labels import quoted, token_label
from embedcore.tokens.spans import byte_starts
from embedcore.tokens.tokenizer import Tokenization, Tokenizer, opened
from embedcore.tokens.written_ids import read_ids
from pages.shared import links, plain

_OWNERS: Final = "_owners"
_PLACE: Final = "_token_place"


@dataclass(frozen=True, slots=True)
class _Place:
    """A chosen token: its index in a text, the vocabulary and way of writing, where its bytes begin, and the bytes."""

    index: int
    cut_by: str
    start: int
    token: bytes


def owner(key: str, value: object, vocabulary: str) -> str:
    """Return the vocabulary that the `value` under `key` was given in, or `vocabulary` where the value is new.

    A value from a link belongs to the link's own model.
    """
    if links.requested(key) is not None or links.is_back():
        return vocabulary
    kept = st.session_state[_OWNERS].get(key) if _OWNERS in st.session_state else None
    return str(kept[1]) if kept is not None and kept[0] == value else vocabulary


def tokenizer_of(key: str, value: object, tokenizer: Tokenizer) -> Tokenizer:
    """Return the tokenizer that the `value` under `key` was given in; `tokenizer` where it is new, or that one is gone."""
    return opened(owner(key, value, tokenizer.name)) or tokenizer


def own(key: str, value: object, vocabulary: str) -> None:
    """Remember that the `value` under `key` belongs to `vocabulary`."""
    if _OWNERS not in st.session_state:
        st.session_state[_OWNERS] = {}
    st.session_state[_OWNERS][key] = (value, vocabulary)


def missing(token_id: int, one: Tokenizer, name: str) -> str:
    """Say that a token of `one` has no row in what is called `name`."""
    if not 0 <= token_id < one.n_vocab:
        return f"Token id {token_id} of {one.name} is no token of {name}."
    return f"The token {plain.code(token_label(one.token_bytes(token_id)))}, id {token_id} in {one.name}, is not in {name}."


def carry_ids(current: Callable[[], Tokenizer]) -> bool:
    """Write the reader's token ids anew where another tokenizer, the `current` one, has all of their tokens.

    Return whether they belong to that one now; if not, they are left out of the link, which names the current model.
    """
    try:
        tokenizer = current()
    except EmbedcoreError:  # a model that does not open: the page says so
        return True
    written = st.session_state["ids"]
    one = tokenizer_of("ids", written, tokenizer)
    if one.is_same(tokenizer):
        return True
    try:
        carried_ids = carried(np.array(read_ids(written), np.int64), one, tokenizer)
    except (UnknownTokenId, OverflowError):  # the page says what is wrong with them
        return False
    is_there = bool((carried_ids != NOT_THERE).all())
    if is_there:
        st.session_state["ids"] = ", ".join(map(str, carried_ids.tolist()))
        own("ids", st.session_state["ids"], tokenizer.name)
        st.caption(f"These are the same tokens as before, now by their ids in {tokenizer.name} and not in {one.name}.")
    return is_there


def check_ids(written: str, token_ids: list[int], tokenizer: Tokenizer) -> None:
    """Hold the reader's token ids to the tokenizer that they were written for.

    Raises UnknownTokenId where they are of another one, with the first that has no id here.
    """
    one = tokenizer_of("ids", written, tokenizer)
    if not one.is_same(tokenizer):
        carried_ids = carried(np.array(token_ids, np.int64), one, tokenizer)
        token_id = token_ids[int(np.argmax(carried_ids == NOT_THERE))]
        label = token_label(one.row_bytes(token_id) if token_id >= 0 else None)
        msg = (
            f"these are ids of {one.name}, and {tokenizer.name} has no token {quoted(label)} (id {token_id} there): write ids of "
            f"{tokenizer.name}, or choose a model of {one.name}"
        )
        raise UnknownTokenId(msg)
    own("ids", written, tokenizer.name)


def carry_place(index: int, tokenization: Tokenization, cut_by: str) -> int | None:
    """Return the index of the chosen token in a text that may be cut by another tokenizer since it was chosen.

    It is the token of the same bytes at the same place; where there is none, say so and return None. `cut_by` names the
    tokenizer and how the text was written.
    """
    is_linked = links.requested("token") is not None or links.is_back()
    kept: _Place | None = None if is_linked else st.session_state.get(_PLACE)
    if kept is not None and kept.index == index and kept.cut_by != cut_by:
        starts = byte_starts(tokenization.token_bytes)
        index = int(np.searchsorted(starts, kept.start))
        if index == len(starts) or starts[index] != kept.start or tokenization.token_bytes[index] != kept.token:
            st.session_state[_PLACE] = None
            st.info(
                f"The chosen token {plain.code(token_label(kept.token))} is none of the tokens that this text is cut into now, so "
                "none is chosen.",
                icon=":material/content_cut:",
            )
            return None
    if index < len(tokenization.token_ids):
        start = sum(map(len, tokenization.token_bytes[:index]))
        st.session_state[_PLACE] = _Place(index, cut_by, start, tokenization.token_bytes[index])
    return index
