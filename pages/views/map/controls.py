"""The controls of the Map page: what is drawn, from which rows, by which method, along which axes."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st

from embedcore.errors import ModelFileError, ShapeError
from embedcore.maps.make import N_COMPONENTS
from embedcore.maps.methods import METHODS, MapMethod, layout_ids
from embedcore.maps.recipe import Recipe
from embedcore.model import catalog
from embedcore.model.id_sets import unpack_ids
from embedcore.model.model import Model
from embedcore.model.stages import STAGES
from embedcore.model.trained_rows import untouched
from embedcore.space.carried import NOT_THERE, carried
from embedcore.space.expressions import parse_expression
from embedcore.tokens.tokenizer import opened
from pages.shared import id_controls, links, notices, services, widgets
from pages.shared.control_row import fold
from pages.shared.reading import current_model
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import ALL, PICKED, TRAINED, Space, trained, translated

_AXES: Final = {
    "toy": ("dog - brown", "over - jumps", "lazy - #2"),
    "": ("tuple - list", "two - one", "true - false"),
}
_NUMBERED: Final = "xyz"
_MAX_PACKED: Final = 1_000  # characters of a link that a selection may take


def requested_map() -> MapRequest:
    """Draw the controls of the map; return what they ask for.

    Raises what an expression or a table that cannot be used raises, after every control is drawn.
    """
    model = current_model()
    method = _method("")
    most = min(3, model.metadata.d_model, model.metadata.n_vocab)
    options = ("2-D", "3-D") if most == 3 else ("2-D",)
    chosen = widgets.segments("Dimensions", options, key="dimensions", label_visibility="collapsed", width="content")
    with fold("Points", icon=":material/scatter_plot:", key="map_points"):
        rows = widgets.select("Rows", _row_choices(model), key="rows", help="A map of fewer rows is made anew")
        stage = widgets.select("Vectors", STAGES, key="stage")
        space = Space(model, stage, _chosen_rows(model, rows))
        return _request(space, method, int(chosen[0]), "")


@dataclass(frozen=True)
class Beside:
    """The map that stands beside the first, and whether it is laid on it."""

    request: MapRequest
    is_aligned: bool


def second_map(first: MapRequest) -> Beside | None:
    """Draw the controls of a map beside the `first`; return what they ask for, None where only one map is shown.

    A second map of another vocabulary is made of the tokens that both have. Raises as `requested_map` does.
    """
    with fold("Compare", icon=":material/compare:", key="map_compare"):
        if not widgets.toggle("Compare with a second map", key="compare"):
            return None
        is_aligned = widgets.toggle(
            "Lay the second map on the first",
            key="align",
            help="It is turned, mirrored, scaled and moved, and nothing of it is bent",
        )
        method = _method("2", value=_other_method(first))
        names = list(catalog.names())
        name = widgets.select("Model of the second map", names, key="model2", value=st.session_state["model"])
        model = services.model(name, st.session_state["provider"])
        stage = widgets.select("Vectors of the second map", STAGES, key="stage2")
        space = Space(model, stage, _rows_beside(first.space, model))
        return Beside(_request(space, method, first.recipe.n_components, "2"), is_aligned)


def _method(suffix: str, **kwargs: Any) -> MapMethod:
    by_title = {row.title: row for row in METHODS.values()}
    label = "Method of the second map" if suffix else "Method"
    kwargs |= {} if suffix else {"label_visibility": "collapsed", "width": "content"}
    return by_title[widgets.segments(label, tuple(by_title), key=f"method{suffix}", **kwargs)]


def _other_method(first: MapRequest) -> str:
    """Return the method that the second map has by default: PCA, or where both would be the same map, another one.

    It is one whose map is there at once.
    """
    if first.method.id != "pca" or any(_is_another(name) for name in ("model2", "stage2", "pc_x2", "pc_y2", "pc_z2")):
        return METHODS["pca"].title
    beside = (MapRequest(first.space, Recipe(method, first.recipe.n_components)) for method in layout_ids())
    return next((request.method.title for request in beside if request.finished.exists()), METHODS["axes"].title)


def _is_another(name: str) -> bool:
    """Say whether the reader or the link gives a parameter of the second map another value than its first."""
    first = {"model2": st.session_state["model"], "stage2": STAGES[0]}
    first |= {f"pc_{axis}2": str(place) for place, axis in enumerate(_NUMBERED, start=1)}
    value = links.requested(name) or st.session_state.get(name)
    return value is not None and str(value) != first[name]


def _request(space: Space, method: MapMethod, n_components: int, suffix: str) -> MapRequest:
    if method.choice == "components":
        components = _components(space, n_components, suffix)
        return MapRequest(space, Recipe(method.id, n_components, components))
    if method.choice == "axes":
        axes, directions = _axes(space.model, n_components, suffix)
        return MapRequest(space, Recipe(method.id, n_components), axes, directions)
    return MapRequest(space, Recipe(method.id, n_components, seed=_seed(suffix)))


def choose_rows(rows: str) -> None:
    """Make a map of these rows; to be called back, before the page is drawn. A box was on another map."""
    st.session_state["rows"], st.session_state["_box"] = rows, None


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
        st.session_state["_picked"], st.session_state["_picked_of"] = _linked(raw, model), model.tokenizer.name
    picked = _carried(st.session_state["_picked"], model)
    if len(picked) == 0:
        msg = "the selection has no token of this model: choose all rows, or select others"
        raise ShapeError(msg)
    packed = Space(model, STAGES[0], picked).packed or ""
    is_in_link = len(packed) <= _MAX_PACKED
    links.shows("picked", packed if is_in_link else None)
    if not is_in_link:
        links.lacks("The selected tokens: they are too many for a link.")
        st.caption(f"The selection of {len(picked):,} tokens is too long for a link: it is not part of it.")
    return picked


def _carried(picked: np.ndarray, model: Model) -> np.ndarray:
    """Return the selection in `model`'s own ids; say so where it has not all of its tokens."""
    one = opened(st.session_state.setdefault("_picked_of", model.tokenizer.name)) or model.tokenizer
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
    if first.token_ids is None and first.model.tokenizer.is_same(model.tokenizer):
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
    for axis, first in zip(_NUMBERED, range(n_components), strict=False):
        value = min(first + 1, most)
        what, key = f"Component along {axis}", f"pc_{axis}{suffix}"
        chosen.append(widgets.number(what, key=key, value=value, smallest=1, largest=most) - 1)
    return tuple(chosen)


def _axes(model: Model, n_components: int, suffix: str) -> tuple[tuple[str, ...], np.ndarray]:
    defaults = _AXES.get(model.tokenizer.name, _AXES[""])
    texts = [
        id_controls.expression(f"Direction along {axis}", key=f"axis_{axis}{suffix}", model=model, value=default)
        for axis, default in zip(_NUMBERED[:n_components], defaults, strict=False)
    ]
    expressions = [parse_expression(text, model.tokenizer) for text in texts]
    return tuple(texts), np.stack([expression.vector(model.table) for expression in expressions]).astype(np.float32)


def _seed(suffix: str) -> int:
    return widgets.number("Seed", key=f"map_seed{suffix}", smallest=0, largest=2**32 - 1, width=140)
