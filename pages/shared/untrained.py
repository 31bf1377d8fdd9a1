"""Rows that training never touched: the one word for them, how their tokens are labeled, and what a page says of them.

Charts, tables and chips name tokens by these labels, so that each says so in one way. Of a model in which nothing was
trained, a sentence says it once and no label does.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.contract import SEED
from embedcore.errors import EmbedcoreError
from embedcore.figures.palette import UNTRAINED
from embedcore.model.model import Model
from embedcore.model.trained_rows import are_untouched, is_nothing_trained
from embedcore.tokens.labels import token_label
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import plain, stand_in
from pages.shared.numerals import count, verb
from pages.shared.parameters import PARAMETERS

WORD: Final = UNTRAINED


def marks(model: Model | None, tokenization: Tokenization) -> tuple[bool, ...]:
    """Return for each token whether the file says that training never touched its row."""
    if model is None:
        return (False,) * len(tokenization.token_ids)
    return tuple(are_untouched(model.metadata, tokenization.token_ids).tolist())


def notes(model: Model, token_ids: Int64[np.ndarray, " n"]) -> list[str]:
    """Return what is noted beside each of those ids in a list: "untrained" where training never touched its row."""
    return [WORD if is_untrained else "" for is_untrained in are_untouched(model.metadata, token_ids).tolist()]


def names(model: Model, tokenization: Tokenization) -> tuple[str, ...]:
    """Return the label of each token with the word "untrained" after it where training never touched its row."""
    return tuple(
        token_label(token) + (f" {WORD}" if is_untrained else "")
        for token, is_untrained in zip(tokenization.token_bytes, marks(model, tokenization), strict=True)
    )


def labels(model: Model, tokenization: Tokenization, places: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the tokens at `places` with their places, each once: `5 ␣tuple`, `1 ␣cat untrained`."""
    every = names(model, tokenization)
    return tuple(f"{place} {every[place]}" for place in places)


def say(model: Model, tokenization: Tokenization, places: Sequence[int], *, key: str) -> None:
    """Say under a text's chips which rows are still random, and offer what to try instead."""
    said = sentence(model, tokenization, places)
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_untrained"):
        st.caption(said, width="content")
        text = PARAMETERS["text"].default
        if not is_nothing_trained(model.metadata) and _is_trained(model, text):
            st.button(f"Try “{text}”", key=f"{key}_try", type="tertiary", on_click=stand_in.write, args=(text,))


def sentence(model: Model, tokenization: Tokenization, places: Sequence[int]) -> str:
    """Return a sentence on the rows of the tokens at `places` that are random; nothing where training touched them all."""
    metadata, name = model.metadata, plain.text(model.name)
    if is_nothing_trained(metadata):
        seed = plain.text(str(metadata.provenance[SEED]))
        return f"No row of {name} was trained: all of its numbers are random, drawn with seed {seed}."
    is_untrained = marks(model, tokenization)
    n_untrained = sum(is_untrained[place] for place in places)
    if n_untrained == 0:
        return ""
    return (
        f"{n_untrained} of {count(len(places), 'token')} {verb(n_untrained, 'was', 'were')} never in the training text, so "
        f"{verb(n_untrained, 'its row is', 'their rows are')} still random numbers."
    )


def _is_trained(model: Model, text: str) -> bool:
    try:
        return not any(marks(model, model.tokenizer.encode(text)))
    except EmbedcoreError:
        return False
