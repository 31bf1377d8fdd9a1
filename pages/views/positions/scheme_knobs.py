"""The schemes that the reader compares, and the knobs of each: all in the URL, and each out-of-range value told in place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Float32

from embedcore.checks.sizes import WAVE_LAYOUTS, head_width, paired_head_width
from embedcore.errors import EmbedcoreError
from embedcore.model.model import Model
from embedcore.model.scheme import learned_of_model, scheme_of_model
from embedcore.schemes import (
    T5,
    Alibi,
    BertRelative,
    BertRelativeKeyQuery,
    Deberta,
    Heads,
    NoPosition,
    Scheme,
    Shaw,
    Sinusoidal,
    TransformerXL,
)
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from pages.shared import notices, plain, widgets
from pages.shared.reading import Reading
from pages.views.positions import rope_knobs, unused_knobs
from pages.views.positions.scheme_cards import CARDS

NAMES: Final = tuple(SCHEME_OUTPUTS)
ALL_PAIRS: Final = -1
_KNOBS_A_ROW: Final = 4
_HEADS_OF: Final = "_heads_of"  # the sha256 of the model file that the number of heads was last drawn for


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scheme that the reader compares; `is_of_file`: its numbers are the model file's own."""

    scheme: Scheme
    is_of_file: bool

    @property
    def title(self) -> str:
        """The scheme's name for readers."""
        return CARDS[self.scheme.name].title


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
        """Say which frequency is shown alone; nothing where all are."""
        if self.heads.pair is None:
            return ""
        return f" Pair {self.heads.pair} of the head alone, where a scheme has frequencies."

    @property
    def query(self) -> int:
        """The token that asks: the chosen one, or the last."""
        found = self.reading.chosen
        return len(self.reading.labels) - 1 if found is None else found


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
        if any(CARDS[name].learned != "nothing" for name in names if name != "learned"):
            seed = widgets.number("Seed of what is not in the file", key="scheme_seed", smallest=0, largest=2**31 - 1)
        for name in (name for name in NAMES if name in names):
            try:
                chosen.append(_scheme(name, reading.model, heads, seed))
            except EmbedcoreError as error:  # told below: the settings may be folded away
                refused[CARDS[name].title] = error
    unused_knobs.tell_unused(names)
    for title, told in refused.items():
        with notices.in_place():
            raise type(told)(f"{title}: {told}")
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
    """Return the heads of the model's own scheme, or 4, or the most below that divide its width."""
    if "n_heads" in model.metadata.position_parameters:
        return model.metadata.n_heads
    return next(number for number in (4, 2, 1) if model.metadata.d_model % number == 0)


def _scheme(name: str, model: Model, heads: Heads, seed: int) -> Chosen:
    is_carried = model.metadata.position_scheme == name
    if name == "learned":
        return Chosen(learned_of_model(model), is_of_file=True)
    if name != "none":
        st.markdown(f"**{CARDS[name].title}**")
        if is_carried and widgets.toggle(f"As {plain.text(model.name)} has it", key="carried", value=True):
            unused_knobs.tell_carried(name)
            return Chosen(scheme_of_model(model), is_of_file=True)
    return Chosen(_KNOBS[name](model, heads, seed), is_of_file=False)


def _sinusoidal(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads, seed
    cells = st.columns([1, 1, 2], vertical_alignment="bottom")
    with cells[0]:
        base = widgets.decimal("Base of the waves", key="base", value=10_000.0)
    with cells[1]:
        wave_layout = widgets.select("Layout of the waves", WAVE_LAYOUTS, key="wave_layout")
    with cells[2]:
        is_scaled = widgets.toggle("Rows times √d_model first", key="row_scale", value=True)
    return Sinusoidal(base=base, wave_layout=wave_layout, row_scale=None if is_scaled else 1.0)


def _shaw(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    return Shaw(max_distance=_whole("Largest distance", "shaw_distance", 16), seed=seed)


def _transformer_xl(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    left, right = st.columns(2)
    with left:
        base = widgets.decimal("Base of its waves", key="xl_base", value=10_000.0)
    with right:
        wave_layout = widgets.select("Layout of its waves", WAVE_LAYOUTS, key="xl_wave_layout")
    return TransformerXL(base=base, seed=seed, wave_layout=wave_layout)


def _bert_key(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    return BertRelative(max_distance=_whole("Largest distance", "bert_distance", 512), seed=seed)


def _bert_key_query(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    return BertRelativeKeyQuery(max_distance=_whole("Largest distance", "bert_query_distance", 512), seed=seed)


def _deberta(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    cells = st.columns([1, 1, 1.4], vertical_alignment="bottom")
    with cells[0]:
        max_distance = _whole("Largest distance", "deberta_distance", 512)
    with cells[1]:
        n_buckets = _whole("Buckets (0: none)", "deberta_buckets", 0)
    with cells[2]:
        is_released = widgets.toggle(
            "Position to content as in the released models", key="deberta_released", value=True
        )
    return Deberta(max_distance=max_distance, n_buckets=n_buckets, seed=seed, is_released=is_released)


def _t5(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads
    cells = st.columns(3, vertical_alignment="bottom")
    with cells[0]:
        n_buckets = _whole("Buckets", "t5_buckets", 32)
    with cells[1]:
        max_distance = _whole("Largest distance", "t5_distance", 128)
    with cells[2]:
        is_bidirectional = widgets.toggle("Both directions", key="t5_both", value=True)
    return T5(n_buckets=n_buckets, max_distance=max_distance, is_bidirectional=is_bidirectional, seed=seed)


def _alibi(model: Model, heads: Heads, seed: int) -> Scheme:
    del model, heads, seed
    return Alibi(bias_max=widgets.decimal("Exponent of the gentlest slope", key="alibi_bias_max", value=8.0))


def _rope(model: Model, heads: Heads, seed: int) -> Scheme:
    del seed
    head_dim = paired_head_width(model.metadata.d_model, heads.n_heads)
    return rope_knobs.draw(heads.n_heads, head_dim, context_length=model.metadata.context_length)


def _whole(label: str, key: str, value: int) -> int:
    return widgets.number(label, key=key, value=value, smallest=-(10**6), largest=10**6)


_KNOBS: Final[Mapping[str, Callable[[Model, Heads, int], Scheme]]] = {
    "none": lambda model, heads, seed: NoPosition(),
    "sinusoidal": _sinusoidal,
    "shaw": _shaw,
    "transformer-xl": _transformer_xl,
    "bert-relative-key": _bert_key,
    "bert-relative-key-query": _bert_key_query,
    "deberta": _deberta,
    "t5": _t5,
    "alibi": _alibi,
    "rope": _rope,
}
