"""The schemes that a comparison starts with: the model's own, and two well-known ones that its shape can have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from embedcore.layer.block import FirstBlock
from embedcore.model.model import Model
from embedcore.schemes.fitting import why_unfit
from embedcore.schemes.registry import SCHEMES
from embedcore.values import ByContent
from pages.shared import links, plain
from pages.views.positions.block_queries import first_place

_STARTED_WITH: Final = "_schemes_started_with"


@dataclass(frozen=True, slots=True, eq=False)
class Start(ByContent):
    """The names of the schemes, and of those that are left out, why, by name."""

    names: list[str]
    left_out: Mapping[str, str]


def start(model: Model, block: FirstBlock | None) -> Start:
    """Return what a comparison starts with; where the reader has not chosen yet, the choice follows another model."""
    metadata = model.metadata
    own = metadata.position_scheme
    wanted = list(dict.fromkeys([own if own != "none" else "sinusoidal", "alibi", "rope"]))
    unfit = {
        name: why
        for name in wanted
        if name != own and (why := why_unfit(SCHEMES[name], first_place(SCHEMES[name], model, block)))
    }
    names = [name for name in wanted if name not in unfit]
    before = st.session_state.get(_STARTED_WITH)
    is_unchosen = st.session_state.get("schemes") == before and not links.all_requested("schemes")
    if before not in (None, names) and is_unchosen:
        st.session_state["schemes"] = names
    st.session_state[_STARTED_WITH] = names
    return Start(names, unfit)


def tell_left_out(start: Start, model: Model, names: list[str]) -> None:
    """Say which schemes the comparison starts without, until the reader chooses them."""
    for name in (name for name in start.left_out if name not in names):
        st.caption(
            f"{plain.text(SCHEMES[name].title)} is left out, because the shape of {plain.text(model.name)} cannot have it: "
            f"{plain.text(start.left_out[name])}."
        )
