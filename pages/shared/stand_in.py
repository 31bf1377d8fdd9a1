"""What stands in for a text, or for token ids, that the model has no tokens for: the reader's own stays, and comes back.

A text that is no text for any model is not one of these: the page says what is wrong with it.
"""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from embedcore.errors import EmbedcoreError, TokenizationError, UnknownTokenId
from embedcore.model import catalog
from embedcore.tokens.tokenizer import Tokenization, Tokenizer, get_tokenizer
from embedcore.tokens.written_ids import read_ids
from pages.shared import owners, plain
from pages.shared.parameters import PARAMETERS

_TEXTS: Final = (PARAMETERS["text"].default, "fox jumps over dog")
SHORT_TEXT: Final = _TEXTS[-1:]  # of the few tokens that every vocabulary has, the toy's too
TWO_ORDERS: Final = ("fox jumps over dog", "fox over dog jumps")
_OF_BYTES: Final = "gpt2"  # a tokenizer that reads every text
_READ_BY: Final = "_read_by"
_KEPT: Final = "_kept_token"


def cut(tokenizer: Tokenizer) -> tuple[Tokenization, EmbedcoreError | None]:
    """Return what the reader wrote as tokens, or what stands in for it and why.

    Raises TokenizationError or UnknownTokenId where the text is none, or the ids are wrong in their own vocabulary.
    """
    try:
        if st.session_state["write"] == "text":
            return tokenizer.encode(st.session_state["text"]), None
        token_ids = read_ids(st.session_state["ids"])
        owners.check_ids(st.session_state["ids"], token_ids, tokenizer)
        return tokenizer.tokenization(token_ids), None
    except (TokenizationError, UnknownTokenId) as error:
        text = text_for(tokenizer)
        if text is None or not _is_for_another(tokenizer):
            raise
        return tokenizer.encode(text), error


def text_for(tokenizer: Tokenizer) -> str | None:
    """Return a text that `tokenizer` reads; None where it reads none of those that stand in."""
    return next((text for text in _TEXTS if _is_read(tokenizer, text)), None)


def read(tokenizer: Tokenizer, texts: Sequence[str], instead: Sequence[str]) -> list[Tokenization]:
    """Return `texts` as tokens; where `tokenizer` has none for one of them, those of `instead`, which is said here.

    Raises TokenizationError where it reads neither.
    """
    if not all(_is_read(tokenizer, text) for text in texts) and all(_is_read(tokenizer, text) for text in instead):
        named = " and ".join(f"“{plain.text(text)}”" for text in instead)
        st.info(
            f"The tokenizer {plain.text(tokenizer.name)} has no tokens for this. What follows shows {named} for now.",
            icon=":material/swap_horiz:",
        )
        texts = instead
    return [tokenizer.encode(text) for text in texts]


def say(name: str, tokenizer: Tokenizer) -> None:
    """Say under the reader's text that something stands in for it with the model `name`, and offer the ways out."""
    tokenization, refusal = cut(tokenizer)
    _put_choice_aside(is_replaced=refusal is not None)
    if refusal is None:
        st.session_state[_READ_BY] = name
        return
    what, text = "text is" if st.session_state["write"] == "text" else "ids are", tokenization.text
    with st.container(key="stand_in"):
        st.info(
            f"The pages show “{plain.text(text)}” for now, and your {what} kept: {plain.text(str(refusal))}.",
            icon=":material/swap_horiz:",
        )
        with st.container(horizontal=True, gap="small"):
            before = st.session_state.get(_READ_BY, catalog.names()[0])
            if before != name:
                st.button(f"Go back to {plain.text(before)}", key="stand_in_back", on_click=_open, args=(before,))
            st.button(f"Write “{text}”", key="stand_in_write", on_click=write, args=(text,))


def write(text: str) -> None:
    """Write `text` in the box on top of the page, before a run."""
    st.session_state["write"], st.session_state["text"] = "text", text


def _open(name: str) -> None:
    st.session_state["model"] = name


def _is_for_another(tokenizer: Tokenizer) -> bool:
    """Return whether the reader wrote for another tokenizer: one that reads the text, or whose ids they are."""
    if st.session_state["write"] == "text":
        return _is_read(get_tokenizer(_OF_BYTES), st.session_state["text"])
    return not owners.tokenizer_of("ids", st.session_state["ids"], tokenizer).is_same(tokenizer)


def _is_read(tokenizer: Tokenizer, text: str) -> bool:
    try:
        tokenizer.encode_ids(text)
    except TokenizationError:
        return False
    return True


def _put_choice_aside(*, is_replaced: bool) -> None:
    """Keep the chosen token of the reader's own text while something stands in for it."""
    if is_replaced and _KEPT not in st.session_state:
        st.session_state[_KEPT], st.session_state["token"] = st.session_state.get("token"), None
    elif not is_replaced and _KEPT in st.session_state:
        st.session_state["token"] = st.session_state.pop(_KEPT)
