"""Special tokens: whether their names in a text are read as these tokens, or as plain text, as on the other pages."""

import streamlit as st

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from pages.shared import plain, widgets
from pages.shared.numerals import count
from pages.shared.reading import current_tokenization, is_text


def switch() -> bool:
    """Draw the switch, and say whether names of special tokens are read as these tokens."""
    return widgets.toggle("Special tokens", key="special")


def tokens(tokenizer: Tokenizer, *, allow_special: bool) -> Tokenization:
    """Return what the reader wrote as tokens; given ids are what they are."""
    if allow_special and is_text():
        return tokenizer.encode(st.session_state["text"], allow_special=True)
    return current_tokenization()


def say(tokenizer: Tokenizer, tokenization: Tokenization, *, allow_special: bool) -> None:
    """Say what the switch does to this text; nothing where it is off and the text names no special token."""
    names = tokenizer.special_tokens
    named = [name for name in names if is_text() and name in tokenization.text]
    if allow_special and not names:
        st.caption(f"{tokenizer.name} has no special tokens.")
    elif allow_special:
        n_special = sum(token_id in names.values() for token_id in tokenization.token_ids.tolist())
        some = ", ".join(plain.code(name) for name in list(names)[:3])
        st.caption(
            f"Names of special tokens, such as {some}, are read as single tokens: {count(n_special, 'token')} of this text. The "
            "other pages read them as plain text."
        )
    elif named:
        st.caption(
            f"{plain.code(named[0])} is the name of a special token. It is read as plain text; the switch reads it as one token."
        )
