"""What the reader wrote, for any tokenizer: a text, or the text that given token ids stand for, where there is one."""

from contextlib import suppress

import streamlit as st

from embedcore.errors import EmbedcoreError, TokenizationError
from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from embedcore.tokens.written_ids import text_of_ids
from pages.shared import given_ids
from pages.shared.reading import current_model, current_tokenization, is_text


def say_of_ids() -> None:
    """Say of given ids that no text gives them; what is wrong with ids that cannot be read is said on the page."""
    if not is_text():
        with suppress(EmbedcoreError):
            sentence = given_ids.sentence(current_model().tokenizer, current_tokenization())
            if sentence:
                st.caption(sentence)


def text_or_none() -> str | None:
    """Return the reader's text, or the text that given ids stand for; None where their bytes are none."""
    if is_text():
        return str(st.session_state["text"])
    return text_of_ids(current_model().tokenizer, current_tokenization()).text


def text_in(tokenizer: Tokenizer, *, allow_special: bool = False) -> Tokenization:
    """Return the reader's text as tokens of any tokenizer: given ids stay as they are in their own.

    `allow_special` reads names of special tokens in a text as these tokens.

    Raises TokenizationError where the ids stand for no text that another could cut, or it cannot cut it.
    """
    if is_text():
        return tokenizer.encode(st.session_state["text"], allow_special=allow_special)
    own, given = current_model().tokenizer, current_tokenization()
    if own.name == tokenizer.name:
        return given
    text = text_of_ids(own, given).text
    if text is None:
        msg = (
            f"the bytes of these ids of {own.name} are no text (UTF-8), so {tokenizer.name} has nothing to cut: write a text, or "
            f"choose what has the tokenizer {own.name}"
        )
        raise TokenizationError(msg)
    return tokenizer.encode(text)
