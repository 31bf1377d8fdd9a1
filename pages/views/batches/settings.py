"""What the batches are made from: the reader's text or a story, and the settings of the windows."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from pages.shared import links, stand_in, widgets, written
from pages.shared.control_row import fold
from pages.shared.former_links import OF_BATCHES
from pages.shared.parameters import PARAMETERS
from pages.shared.story import STORY

_LARGEST_SEED: Final = 2**31 - 1
_NUMBER: Final = 130  # px


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the windows, as `embedcore.tokens.windows.batches` takes them."""

    max_length: int
    stride: int
    batch_size: int
    drop_last: bool
    shuffle: bool
    seed: int


def tokens_of(tokenizer: Tokenizer) -> Tokenization:
    """Draw the choice of the text, and return it as tokens: the reader's own, or a story."""
    source = widgets.segments("Text", ("my text", "a story"), key="batches_of", label_visibility="collapsed")
    links.shows("batches_of", source)  # also where the text has no tokens, and the rest is not drawn
    return (
        stand_in.read(tokenizer, [STORY], stand_in.SHORT_TEXT)[0] if source == "a story" else written.text_in(tokenizer)
    )


def windows(context_length: int) -> Settings:
    """Draw the settings of the windows, and return them."""
    drop_last = widgets.toggle("drop_last", key="drop_last")
    max_length = widgets.number("max_length", key="max_length", smallest=1, largest=context_length, width=_NUMBER)
    stride = widgets.number("stride", key="stride", smallest=1, largest=1024, width=_NUMBER)
    batch_size = widgets.number("batch size", key="batch_size", smallest=1, largest=64, width=_NUMBER)
    with fold("Order", icon=":material/shuffle:", key="batches_order"):
        shuffle = widgets.toggle("shuffle", key="shuffle")
        seed = widgets.number("seed", key="shuffle_seed", smallest=0, largest=_LARGEST_SEED, disabled=not shuffle)
    keep_in_link()
    return Settings(max_length, stride, batch_size, drop_last, shuffle, seed)


def keep_in_link() -> None:
    """Say in the link what the batches are of where it says anything else: `former_links` knows older links by that."""
    is_alone = not any(links.is_set(name) for name in OF_BATCHES)
    links.shows("batches_of", st.session_state["batches_of"], PARAMETERS["batches_of"].default if is_alone else None)


def one_of(n: int, title: str, *, key: str) -> int:
    """Draw the choice of one of `n` things by its number, where there is more than one; return the number."""
    return widgets.number(title, key=key, smallest=0, largest=n - 1, width=_NUMBER) if n > 1 else 0


def change(**settings: object) -> None:
    """Set some of the settings, before they are drawn again."""
    for key, value in settings.items():
        st.session_state[key] = value
