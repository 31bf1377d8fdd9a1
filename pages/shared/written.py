"""What the reader wrote, for any tokenizer: a text, or the text that given token ids stand for, where there is one."""

from contextlib import suppress
from typing import Final

import streamlit as st

from embedcore.errors import EmbedcoreError, TokenizationError
from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from embedcore.tokens.written_ids import text_of_ids
from pages.shared import given_ids, links, owners, stand_in
from pages.shared.parameters import PARAMETERS
from pages.shared.reading import current_model, current_tokenization, is_text
from pages.shared.text_in_link import MAX_TEXT

WAS_TEXT: Final = "_was_text"  # whether the reader wrote text in the run before
_IDS_OF_TEXT: Final = "_ids_of_text"


def begin_ids() -> None:
    """Begin with the ids of the text where the reader turns to token ids and has not written any.

    Of a text whose ids are too long to write, they stay as they were.
    """
    is_free = st.session_state["ids"] in (PARAMETERS["ids"].default, st.session_state.get(_IDS_OF_TEXT))
    is_turned = st.session_state.get(WAS_TEXT, False) and not links.is_back() and links.requested("ids") is None
    if not is_turned or not is_free:
        return
    with suppress(EmbedcoreError):
        tokenizer = current_model().tokenizer
        ids = ", ".join(map(str, tokenizer.encode_ids(st.session_state["text"])))
        if 0 < len(ids) <= MAX_TEXT:
            st.session_state["ids"] = st.session_state[_IDS_OF_TEXT] = ids
            owners.own("ids", ids, tokenizer.name)


def say_of_ids() -> None:
    """Say of given ids that no text gives them; what is wrong with ids that cannot be read is said on the page."""
    if not is_text():
        with suppress(EmbedcoreError):
            sentence = given_ids.sentence(current_model().tokenizer, current_tokenization())
            if sentence:
                st.caption(sentence)


def say_what_stands_in() -> None:
    """Say where something stands in for what the reader wrote; what is text or ids for no model is said on the page."""
    with suppress(EmbedcoreError):
        stand_in.say(st.session_state["model"], current_model().tokenizer)


def text_or_none() -> str | None:
    """Return the text that a page shows, or the text that given ids stand for; None where their bytes are none."""
    if is_text():
        return current_tokenization().text
    return text_of_ids(current_model().tokenizer, current_tokenization()).text


def text_in(tokenizer: Tokenizer, *, allow_special: bool = False) -> Tokenization:
    """Return the reader's text as tokens of any tokenizer: in the model's own what a page shows, given ids as they are.

    `allow_special` reads names of special tokens in a text as these tokens.

    Raises TokenizationError where the ids stand for no text that another could cut, or it cannot cut it.
    """
    own, given = current_model().tokenizer, current_tokenization()
    if own.is_same(tokenizer) and not (allow_special and is_text()):
        return given
    if is_text():
        return tokenizer.encode(st.session_state["text"], allow_special=allow_special)
    text = text_of_ids(own, given).text
    if text is None:
        msg = (
            f"the bytes of these ids of {own.name} are no text (UTF-8), so {tokenizer.name} has nothing to cut: write a text, or "
            f"choose what has the tokenizer {own.name}"
        )
        raise TokenizationError(msg)
    return tokenizer.encode(text)
