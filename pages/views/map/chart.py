"""The map itself, or two side by side, with what lies over them: hover, labels, clicks, boxes, the reader's text."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.figures.map import vocabulary_map
from embedcore.figures.text_points import add_text
from embedcore.maps.grid import Grid
from embedcore.maps.linear import LinearProjection
from embedcore.maps.methods import METHODS
from embedcore.maps.point_colors import PointColors
from embedcore.space.carried import NOT_THERE
from embedcore.space.expressions import parse_expression
from pages.shared import file_card, made, notices, pictures, widgets
from pages.shared.numerals import count, share
from pages.shared.reading import reading_or_none
from pages.shared.run_it import offer, run_it_yourself
from pages.views.map import box as map_box
from pages.views.map import colors as map_colors
from pages.views.map import snippets as map_snippets
from pages.views.map.box import CHARTS, box_of, rows_inside
from pages.views.map.matches import Matches, label, marks, tie
from pages.views.map.overlay.overlay import PointValue, map_overlay
from pages.views.map.shown_map import ShownMap, measure
from pages.views.map.space import translated
from pages.views.map.table import whole_map

_MOST_RINGED: Final = 5_000


@dataclass(frozen=True)
class Settings:
    """How the maps are shown."""

    color: str
    has_labels: bool
    has_ties: bool
    has_text: bool
    has_positions: bool


def settings() -> Settings:
    """Draw the controls of how maps are shown."""
    cells = st.columns([2, 1, 1, 1, 1], vertical_alignment="bottom")
    with cells[0]:
        color = widgets.select("Color", tuple(map_colors.COLORS), key="color")
    with cells[1]:
        has_labels = widgets.toggle("Labels", key="labels")
    with cells[2]:
        has_ties = widgets.toggle("Ties", key="ties", help="Tie one token to its true neighbors")
    with cells[3]:
        has_text = widgets.toggle("This text", key="show_text")
    with cells[4]:
        has_positions = widgets.toggle("Bare positions", key="show_positions")
    st.caption(f"Color: {map_colors.COLORS[color]}.")
    return Settings(color, has_labels, has_ties, has_text, has_positions)


def draw(
    first: ShownMap,
    second: ShownMap | None,
    shown: Settings,
    matches: Matches,
    changes: tuple[PointColors, PointColors] | None,
) -> None:
    """Draw the map, or both, and what lies over them. `changes` color each map by changed neighborhoods, where there are.

    All ids that leave a chart are of the first map's vocabulary: what is ringed, clicked or in a box of either.
    """
    both = [first] if second is None else [first, second]
    matches = _with_boxed(matches, both)
    columns = st.columns(len(both), gap="small") if second is not None else [st.container()]
    vocabulary = first.request.space.model.metadata.tokenizer
    values, ids, own_ids = {}, {}, {}
    for index, (map_, column) in enumerate(zip(both, columns, strict=True)):
        with column:
            colors = _colors(shown.color, map_, None if changes is None else changes[index])
            _draw_one(map_, shown, matches, colors, index, _ids_in(first, map_), is_alone=second is None)
            measure(map_, key=f"fidelity{index}")
        chart = CHARTS[index]
        if colors is not None and any((colors.is_continuous, *colors.words)):
            values[chart] = PointValue(colors.name, colors.offset, colors.unit, colors.words)
        is_other = map_.request.space.model.metadata.tokenizer != vocabulary
        if is_other or map_.request.space.token_ids is not None:
            ids[chart] = _ids_in(first, map_).tolist()
        if is_other:
            own_ids[chart] = map_.ids.tolist()
    map_overlay(
        key="map_overlay",
        charts=CHARTS[: len(both)],
        tokenizer=vocabulary,
        priority=_named_first(first),
        on_click=tie,
        on_box=partial(map_box.keep, both),
        show_labels=shown.has_labels,
        ids=ids,
        own_ids=own_ids,
        values=values,
    )


def explain(first: ShownMap, second: ShownMap | None) -> None:
    """Say how the map is made, or each of both: formula and code."""
    _explain(first, key="map")
    if second is not None:
        st.header("The second map")
        _explain(second, key="map2")
    file_card.draw(*(shown.request.space.model for shown in (first, second) if shown is not None))


def _explain(shown_map: ShownMap, *, key: str) -> None:
    request = shown_map.request
    method = METHODS[request.recipe.method]
    axes = [parse_expression(axis, request.space.model.tokenizer) for axis in request.axes]
    run_it_yourself(
        request.space.model,
        map_snippets.in_torch(request, axes),
        map_snippets.in_runtime(request, axes),
        method.formula,
    )
    st.caption(method.placing)
    if not method.has_axes:
        st.caption(
            "The code makes the same picture on the same kind of machine with the same versions "
            f"({shown_map.stored.provenance['library'] if shown_map.stored else ''}). The points that are drawn lie in the file "
            "of the finished map:"
        )
        st.code(map_snippets.from_file(request), language="python")
        offer(request.finished.name, request.finished.read_bytes, key=f"{key}_file")
    if shown_map.alignment is not None:
        st.caption("The code gives the points before they are laid on the first map.")


def _with_boxed(matches: Matches, maps: list[ShownMap]) -> Matches:
    """Ring what lies in a box of one map on the other map too."""
    if len(maps) < 2:
        return matches
    boxed = [
        _ids_in(maps[0], shown_map)[rows_inside(shown_map, box)]
        for index, shown_map in enumerate(maps)
        if (box := box_of(index, shown_map)) is not None and shown_map.coordinates.shape[1] == 2
    ]
    token_ids = np.concatenate([matches.token_ids, *boxed])
    token_ids = token_ids[token_ids != NOT_THERE]
    return replace(matches, token_ids=np.unique(token_ids)) if 0 < len(token_ids) <= _MOST_RINGED else matches


def _ids_in(first: ShownMap, shown_map: ShownMap) -> Int64[np.ndarray, " n"]:
    """Return the ids that the points of a map have in the first map's vocabulary, where they have one."""
    return translated(shown_map.ids, shown_map.request.space.model, first.request.space.model)


def _colors(name: str, shown_map: ShownMap, change: PointColors | None) -> PointColors | None:
    if name == map_colors.NONE:
        return None
    if name == map_colors.CHANGE:
        if change is None:
            st.caption("This color compares two maps: turn on the second one.")
        return change
    colors = map_colors.colors(name, shown_map)
    if isinstance(colors, str):
        st.caption(colors)
        return None
    return colors


def _draw_one(
    shown_map: ShownMap,
    shown: Settings,
    matches: Matches,
    colors: PointColors | None,
    index: int,
    token_ids: Int64[np.ndarray, " n"],
    *,
    is_alone: bool,
) -> None:
    """Draw one map; `token_ids` are those of its points in the first map's vocabulary."""
    space = shown_map.request.space
    figure = vocabulary_map(
        shown_map.coordinates,
        pictures.style(),
        colors=colors,
        titles=shown_map.titles,
        marks=marks(shown_map, matches, box_of(index, shown_map)),
        token_ids=token_ids,
        height=680 if is_alone else 520,
    )
    reading = None
    with notices.in_place():
        reading = reading_or_none() if index == 0 and (shown.has_text or shown.has_positions) else None
        if reading is not None and reading.model is space.model:
            add_text(
                figure,
                Grid.of(shown_map.coordinates),
                shown_map.place,
                reading.layer,
                reading.labels,
                pictures.style(),
                chosen=reading.chosen,
                show_tokens=shown.has_text,
                show_positions=shown.has_positions,
            )
    method = METHODS[shown_map.request.recipe.method]
    pictures.picture(
        figure,
        key=CHARTS[index].removesuffix("_chart"),
        alt=f"Map of {count(len(space.ids), 'row')} of {space.model.name} by {method.description}",
        table=lambda: whole_map([label(shown_map, token_id) for token_id in shown_map.ids.tolist()], shown_map),
    )
    n_points, n_vocab = len(space.ids), space.model.metadata.n_vocab
    said = f"{count(n_points, 'point')}, none left out"
    if n_points < n_vocab:
        said += f" of those chosen among {count(n_vocab, 'row')}"
    if isinstance(shown_map.projection, LinearProjection) and method.choice == "components":
        said += f"; {share(shown_map.projection.explained_share, 1)} of the variance"
    st.caption(
        f"{said}. Hover over a point to see its token, click it to tie it to its true neighbors, "
        f"scroll to zoom, and drag to {'move' if shown_map.coordinates.shape[1] == 2 else 'turn'}."
        + (
            f" {made.where_points_lie(reading.layer)}"
            if shown.has_text and reading is not None and reading.model is space.model
            else ""
        )
    )


def _named_first(shown_map: ShownMap) -> list[int]:
    """Return the tokens that are labeled first: the most central one of each cluster, the most alike clusters first."""
    return (
        []
        if shown_map.named_clusters is None
        else [central[0] for central in shown_map.named_clusters.central[: map_colors.N_SHOWN]]
    )
