"""The schemes that the reader compares, and the knobs of each: all in the URL, and a value out of range is explained in place."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Float32

from embedcore.checks.sizes import head_width
from embedcore.errors import EmbedcoreError
from embedcore.model.model import Model
from embedcore.model.scheme import learned_of_model, scheme_of_model
from embedcore.schemes import Heads, Scheme
from embedcore.schemes.declaration import Place
from embedcore.schemes.registry import SCHEMES
from pages.shared import notices, plain, widgets
from pages.shared.reading import Reading
from pages.views.positions import knobs, unused_knobs

NAMES: Final = tuple(SCHEMES)
ALL_PAIRS: Final = -1
_HEADS_OF: Final = "_heads_of"  # the sha256 of the model file that the number of heads was last drawn for


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scheme that the reader compares; `is_of_file`: its numbers are the model file's own."""

    scheme: Scheme
    is_of_file: bool

    @property
    def title(self) -> str:
        """The scheme's name for readers."""
        return SCHEMES[self.scheme.name].title


@dataclass(frozen=True, slots=True)
class Comparison:
    """What every view of the page shows: the reader's text, the schemes on it, and how vectors are cut into heads."""

    reading: Reading
    chosen: tuple[Chosen, ...]
    heads: Heads

    @property
    def vectors(self) -> Float32[np.ndarray, "n_tokens d_model"]:
        """The token vectors, before any position."""
        return self.reading.layer.token_embeddings[0]

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        return head_width(self.reading.model.metadata.d_model, self.heads.n_heads)

    @property
    def pair_words(self) -> str:
        """Say which frequency is shown, where only one is."""
        if self.heads.pair is None:
            return ""
        return f" Only pair {self.heads.pair} of the head, where a scheme has frequencies."

    @property
    def query(self) -> int:
        """The token that asks: the one that every page explains."""
        return self.reading.explained


def comparison(reading: Reading) -> Comparison:
    """Draw the choice of schemes, heads and knobs, and return what they come to; end the page where nothing is left."""
    carried = reading.model.metadata.position_scheme
    default = list(dict.fromkeys([carried if carried != "none" else "sinusoidal", "alibi", "rope"]))
    names = widgets.several("Schemes to compare", NAMES, key="schemes", value=default)
    heads = _heads(reading.model)
    seed = 123
    chosen: list[Chosen] = []
    refused: dict[str, EmbedcoreError] = {}
    with st.expander("Settings of the schemes", icon=":material/tune:"):
        if any(SCHEMES[name].has_seed for name in names):
            seed = widgets.number("Seed of what is not in the file", key="scheme_seed", smallest=0, largest=2**31 - 1)
        for name in (name for name in NAMES if name in names):
            try:
                chosen.append(_scheme(name, reading.model, heads, seed))
            except EmbedcoreError as error:  # shown below: the settings may be folded away
                refused[SCHEMES[name].title] = error
    unused_knobs.tell_unused(names)
    for title, refusal in refused.items():
        with notices.in_place():
            raise type(refusal)(f"{title}: {refusal}")
    if not names:
        st.info("Choose at least one scheme above.", icon=":material/waves:")
    if not chosen:
        notices.end_page()
    return Comparison(reading, tuple(chosen), heads)


def _heads(model: Model) -> Heads:
    """Draw how vectors become queries and keys; another model brings its own heads where it has any, or the old do not fit."""
    d_model, default = model.metadata.d_model, default_heads(model)
    if st.session_state.get(_HEADS_OF) not in (None, model.sha256):
        is_unfit = d_model % st.session_state.get("heads", default) != 0
        if is_unfit or "n_heads" in model.metadata.position_parameters:
            st.session_state["heads"] = default
    st.session_state[_HEADS_OF] = model.sha256
    cells = st.columns([1, 1, 1, 1.4], vertical_alignment="bottom")
    with cells[0]:
        n_heads = widgets.number("Heads", key="heads", value=default, smallest=1, largest=4096)
    with cells[1]:
        head = widgets.number("Head shown", key="head", value=0, smallest=0, largest=n_heads - 1, disabled=n_heads == 1)
    last_pair = d_model // n_heads // 2 - 1
    with cells[2]:
        pair = widgets.number(
            "Frequency (pair; −1: all)",
            key="pair",
            value=ALL_PAIRS,
            smallest=ALL_PAIRS,
            largest=max(ALL_PAIRS, last_pair),
        )
    with cells[3]:
        is_normalized = widgets.toggle("Normalize before queries and keys", key="normalize", value=True)
    heads = Heads(n_heads, head=head, is_normalized=is_normalized, pair=None if pair == ALL_PAIRS else pair)
    heads.check(d_model)
    return heads


def default_heads(model: Model) -> int:
    """Return the heads of the model's own scheme where they cut a row, or 4, or the most below that divide its width."""
    metadata = model.metadata
    if "n_heads" in metadata.position_parameters and metadata.heads_width == metadata.d_model:
        return model.metadata.n_heads
    return next(number for number in (4, 2, 1) if model.metadata.d_model % number == 0)


def _scheme(name: str, model: Model, heads: Heads, seed: int) -> Chosen:
    declared, is_carried = SCHEMES[name], model.metadata.position_scheme == name
    if declared.needs_model:
        return Chosen(learned_of_model(model), is_of_file=True)
    if declared.knobs:
        st.markdown(f"**{SCHEMES[name].title}**")
        if is_carried and widgets.toggle(f"As {plain.text(model.name)} has it", key="carried", value=True):
            unused_knobs.tell_carried(name)
            return Chosen(scheme_of_model(model), is_of_file=True)
    place = Place(model.metadata.d_model, model.metadata.context_length, int(heads.n_heads))
    return Chosen(knobs.draw(declared, place, seed=seed), is_of_file=False)
