"""What the batches are made from: the text, the input layer, and the six settings of the windows."""

from typing import Final

import streamlit as st

from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.tokens.tokenizer import Tokenization
from embedcore.tokens.windows import Batches, batches
from pages.shared import services, widgets, written
from pages.views.batches.story import STORY

_LARGEST_SEED: Final = 2**31 - 1


def text_and_model() -> tuple[Tokenization, Model]:
    """Draw the choice of the text and of the input layer; return the text as tokens, and the model."""
    left, right = st.columns([1, 1])
    with left:
        source = widgets.segments("Text", ("a story", "my text"), key="source")
    with right:
        name = widgets.select("Input layer", [entry.name for entry in catalog.entries()], key="layer")
    model = services.model(name, st.session_state["provider"])
    return model.tokenizer.encode(STORY) if source == "a story" else written.text_in(model.tokenizer), model


def cut(tokenization: Tokenization, context_length: int) -> tuple[Batches, int]:
    """Draw the settings of the windows; return the batches that they give, and the stride."""
    cells = st.columns(6, vertical_alignment="bottom")
    with cells[0]:
        max_length = widgets.number("max_length", key="max_length", smallest=1, largest=context_length)
    with cells[1]:
        stride = widgets.number("stride", key="stride", smallest=1, largest=1024)
    with cells[2]:
        batch_size = widgets.number("batch size", key="batch_size", smallest=1, largest=64)
    with cells[3]:
        drop_last = widgets.toggle("drop_last", key="drop_last")
    with cells[4]:
        shuffle = widgets.toggle("shuffle", key="shuffle")
    with cells[5]:
        seed = widgets.number("seed", key="shuffle_seed", smallest=0, largest=_LARGEST_SEED, disabled=not shuffle)
    every = batches(
        tokenization.token_ids,
        max_length=max_length,
        stride=stride,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        seed=seed,
    )
    return every, stride


def one_of(n: int, title: str, *, key: str) -> int:
    """Draw the choice of one of `n` things by its number, where there is more than one; return the number."""
    return widgets.number(title, key=key, smallest=0, largest=n - 1) if n > 1 else 0
