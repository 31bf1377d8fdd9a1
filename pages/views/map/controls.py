"""The controls of the Map page: what is drawn, from which rows, by which method, along which axes."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.errors import ModelFileError, ShapeError
from embedcore.maps.make import N_COMPONENTS
from embedcore.maps.methods import METHODS
from embedcore.maps.recipe import Recipe
from embedcore.model import catalog
from embedcore.model.id_sets import unpack_ids
from embedcore.model.model import Model
from embedcore.model.stages import STAGES
from embedcore.model.trained_rows import untouched
from embedcore.space.carried import NOT_THERE, carried
from embedcore.space.expressions import parse_expression
from embedcore.tokens.tokenizer import get_tokenizer
from pages.shared import id_controls, links, notices, services, widgets
from pages.shared.reading import MAX_LINK_CHARACTERS, current_model
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import ALL, PICKED, TRAINED, Space, trained, translated

_AXES: Final = {
    "toy": ("dog - brown", "over - jumps", "lazy - #2"),
    "": ("tuple - list", "two - one", "true - false"),
}
_NUMBERED: Final = "xyz"


def requested_map(*, beside: MapRequest | None = None) -> MapRequest:
    """Draw the controls of the map, or of the second one that stands `beside` another; return what they ask for.

    A second map of another vocabulary is made of the tokens that both have.

    Raises what an expression or a table that cannot be used raises, after every control is drawn.
    """
    second, suffix = beside is not None, "" if beside is None else "2"
    cells = st.columns([5, 3, 3] if second else [5, 2, 3, 2], vertical_alignment="bottom")
    with cells[0]:
        by_title = {row.title: row for row in METHODS.values()}
        method = by_title[widgets.segments("Method", tuple(by_title), key=f"method{suffix}")]
    model = current_model()
    if second:
        with cells[1]:
            names = [entry.name for entry in catalog.entries()]
            name = widgets.select("Model of the second map", names, key="model2", value=st.session_state["model"])
            model = services.model(name, st.session_state["provider"])
        n_components = int(st.session_state["dimensions"][0])
    else:
        with cells[1]:
            most = min(3, model.metadata.d_model, model.metadata.n_vocab)
            options = ("2-D", "3-D") if most == 3 else ("2-D",)
            n_components = int(widgets.segments("Dimensions", options, key="dimensions")[0])
    with cells[2]:
        stage = widgets.select("Vectors", STAGES, key=f"stage{suffix}")
    rows = ALL
    if not second:
        with cells[3]:
            rows = widgets.select("Rows", _row_choices(model), key="rows", help="A map of fewer rows is made anew")
    space = Space(model, stage, _chosen_rows(model, rows) if beside is None else _rows_beside(beside.space, model))
    if method.choice == "components":
        components = _components(space, n_components, suffix)
        return MapRequest(space, Recipe(method.id, n_components, components))
    if method.choice == "axes":
        axes, directions = _axes(model, n_components, suffix)
        return MapRequest(space, Recipe(method.id, n_components), axes, directions)
    return MapRequest(space, Recipe(method.id, n_components, seed=_seed(suffix)))


def pick(token_ids: np.ndarray, vocabulary: str) -> None:
    """Make a map of these tokens of `vocabulary` alone; to be called back, before the page is drawn.

    The box was on another map.
    """
    st.session_state["_picked"], st.session_state["rows"] = np.sort(token_ids), PICKED
    st.session_state["_picked_of"] = vocabulary
    st.session_state["_box"] = None


def _row_choices(model: Model) -> list[str]:
    there = [ALL]
    if untouched(model.metadata) is not None:
        there.append(TRAINED)
    if "_picked" in st.session_state or links.requested("picked") is not None:
        there.append(PICKED)
    elif links.requested("rows") == PICKED:
        notices.link_notice("The link is of a map of some tokens that were too many for it: it shows all rows instead.")
    return there


def _chosen_rows(model: Model, rows: str) -> np.ndarray | None:
    if rows == ALL:
        return None
    if rows == TRAINED:
        return trained(model)
    raw = links.requested("picked")
    if raw is not None:
        st.session_state["_picked"], st.session_state["_picked_of"] = _linked(raw, model), model.metadata.tokenizer
    picked = _carried(st.session_state["_picked"], model)
    if len(picked) == 0:
        msg = "the selection has no token of this model: choose all rows, or select others"
        raise ShapeError(msg)
    packed = Space(model, STAGES[0], picked).packed or ""
    is_in_link = len(packed) <= MAX_LINK_CHARACTERS
    links.shows("picked", packed if is_in_link else None)
    if not is_in_link:
        st.caption(f"The selection of {len(picked):,} tokens is too long for a link: it is not part of it.")
    return picked


def _carried(picked: np.ndarray, model: Model) -> np.ndarray:
    """Return the selection in `model`'s own ids; say so where it has not all of its tokens."""
    one = get_tokenizer(st.session_state.setdefault("_picked_of", model.metadata.tokenizer))
    token_ids = carried(picked, one, model.tokenizer)
    there = np.sort(token_ids[(token_ids >= 0) & (token_ids < model.metadata.n_vocab)])
    if len(there) < len(picked):
        st.caption(f"The selection has {len(picked):,} tokens of {one.name}; {model.name} has {len(there):,} of them.")
    return there


def _linked(packed: str, model: Model) -> np.ndarray:
    try:
        return unpack_ids(packed, model.metadata.n_vocab)
    except ModelFileError as error:
        msg = f"the link's selection is no set of tokens of {model.name}: choose all rows, or select anew"
        raise ShapeError(msg) from error


def _rows_beside(first: Space, model: Model) -> np.ndarray | None:
    if first.token_ids is None and first.model.metadata.tokenizer == model.metadata.tokenizer:
        return None
    token_ids = translated(first.ids, first.model, model)
    rows = np.sort(token_ids[token_ids != NOT_THERE])
    if len(rows) < 2:
        msg = f"{model.name} shares {len(rows)} of these tokens, and a map takes 2: choose other rows, or another model"
        raise ShapeError(msg)
    return rows


def _components(space: Space, n_components: int, suffix: str) -> tuple[int, ...]:
    most = min(N_COMPONENTS, *space.vectors.shape)
    chosen = []
    for cell, axis, first in zip(st.columns(n_components), _NUMBERED, range(n_components), strict=False):
        with cell:
            number = widgets.number(
                f"Component along {axis}",
                key=f"pc_{axis}{suffix}",
                value=min(first + 1, most),
                smallest=1,
                largest=most,
            )
            chosen.append(number - 1)
    return tuple(chosen)


def _axes(model: Model, n_components: int, suffix: str) -> tuple[tuple[str, ...], np.ndarray]:
    defaults = _AXES.get(model.metadata.tokenizer, _AXES[""])
    texts = []
    for cell, axis, default in zip(st.columns(n_components), _NUMBERED, defaults, strict=False):
        with cell:
            key, what = f"axis_{axis}{suffix}", f"Direction along {axis}"
            texts.append(id_controls.expression(what, key=key, model=model, value=default))
    expressions = [parse_expression(text, model.tokenizer) for text in texts]
    return tuple(texts), np.stack([expression.vector(model.table) for expression in expressions]).astype(np.float32)


def _seed(suffix: str) -> int:
    return widgets.number("Seed", key=f"map_seed{suffix}", smallest=0, largest=2**32 - 1, width=140)
