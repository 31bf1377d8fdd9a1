"""The schemes that the reader compares, and the knobs of each: all in the link, and a value out of range is explained in place."""

from contextlib import AbstractContextManager
from typing import Any, Final

import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.layer.block import FirstBlock
from embedcore.model.model import Model
from embedcore.model.scheme import learned_of_model, scheme_of_model
from embedcore.schemes import Heads
from embedcore.schemes.registry import SCHEMES
from pages.shared import notices, plain, widgets
from pages.shared.parameters import PARAMETERS
from pages.shared.reading import Reading
from pages.views.positions import block_queries, default_schemes, knobs, unused_knobs
from pages.views.positions import heads as head_knobs
from pages.views.positions.comparison import Chosen, Comparison

NAMES: Final = tuple(SCHEMES)


def comparison(reading: Reading, row: AbstractContextManager[Any], settings: AbstractContextManager[Any]) -> Comparison:
    """Draw the choice of schemes, and in `settings` the knobs of heads and schemes; return what they come to.

    End the page where nothing is left to compare.
    """
    with settings:
        of_view = st.container()
        block = block_queries.draw(reading)
    start = default_schemes.start(reading.model, block)
    names = widgets.several("Schemes to compare", NAMES, key="schemes", value=start.names, label_visibility="collapsed")
    default_schemes.tell_left_out(start, reading.model, names)
    chosen: list[Chosen] = []
    refused: dict[str, EmbedcoreError] = {}
    with settings:
        heads = head_knobs.draw(reading.model, block)
        seed = PARAMETERS["scheme_seed"].default
        if any(SCHEMES[name].has_seed for name in names):
            seed = widgets.number("Seed of random parameters", key="scheme_seed", smallest=0, largest=2**31 - 1)
        for name in (name for name in NAMES if name in names):
            try:
                chosen.append(_scheme(name, reading.model, block, heads, seed))
            except EmbedcoreError as error:  # shown below: the settings are folded away
                refused[SCHEMES[name].title] = error
    unused_knobs.tell_unused(names)
    for title, refusal in refused.items():
        with notices.in_place():
            raise type(refusal)(f"{title}: {refusal}")
    if not names:
        st.info("Choose at least one scheme above.", icon=":material/waves:")
    if not chosen:
        notices.end_page()
    return Comparison(reading, tuple(chosen), heads, row, of_view, block)


def _scheme(name: str, model: Model, block: FirstBlock | None, heads: Heads, seed: int) -> Chosen:
    declared, is_carried = SCHEMES[name], model.metadata.position_scheme == name
    own_of = None if block is None else model.name
    if declared.needs_model:
        return Chosen(learned_of_model(model), model=model.name, own_of=own_of)
    if declared.knobs:
        st.markdown(f"**{declared.title}**")
        if is_carried and widgets.toggle(f"Use the parameters of {plain.text(model.name)}", key="carried"):
            unused_knobs.tell_carried(name)
            return Chosen(scheme_of_model(model), model=model.name, own_of=own_of)
    place = block_queries.place(declared, model, block, int(heads.n_heads))
    return Chosen(knobs.draw(declared, place, seed=seed))
