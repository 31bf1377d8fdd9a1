"""The map itself, or two side by side, with what lies over them: hover, labels, clicks, boxes, the reader's text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.figures.map import vocabulary_map
from embedcore.figures.map_view import name_spot
from embedcore.figures.text_points import add_text
from embedcore.maps.grid import Grid
from embedcore.maps.methods import METHODS
from embedcore.maps.point_colors import PointColors
from embedcore.maps.view import View
from embedcore.model.trained_rows import untouched_ids
from embedcore.space.carried import NOT_THERE
from embedcore.values import ByContent
from pages.shared import pictures
from pages.shared.numerals import count
from pages.shared.reading import Reading
from pages.views.map import box as map_box
from pages.views.map import colors as map_colors
from pages.views.map import legend as map_legend
from pages.views.map import zoom as map_zoom
from pages.views.map.box import CHARTS, box_of, rows_inside
from pages.views.map.layers import Layers
from pages.views.map.matches import Matches, marks, tie
from pages.views.map.overlay.overlay import PointValue, map_overlay
from pages.views.map.overlay.sight import map_sight
from pages.views.map.shown_map import ShownMap
from pages.views.map.space import translated

_MOST_RINGED: Final = 5_000
_HEIGHT: Final = 630  # of a chart; the style sheet gives it less on a narrow page


@dataclass(frozen=True, eq=False)
class Drawing(ByContent):
    """What is drawn on all maps: the layers, what is marked, the text, the colors.

    `colored` are for each map the colors of its points, if they have any, and why they are not as chosen ("" where they are).
    """

    layers: Layers
    matches: Matches
    reading: Reading | None
    colored: Sequence[tuple[PointColors | None, str]]


def draw(maps: Sequence[ShownMap], drawing: Drawing) -> None:
    """Draw the map, or both, and what lies over them.

    All ids that leave a chart are of the first map's vocabulary: what is ringed, clicked or in a box of either.
    """
    first = maps[0]
    matches = _with_boxed(drawing.matches, maps)
    vocabulary = first.request.space.model.tokenizer.name
    values, ids, own_ids, texts, windows = {}, {}, {}, {}, {}
    columns = st.columns(len(maps), gap="small") if len(maps) > 1 else [st.container()]
    for index, (map_, column) in enumerate(zip(maps, columns, strict=True)):
        chart, colors = CHARTS[index], drawing.colored[index][0]
        reading = drawing.reading if index == 0 else None
        with column:
            view = _draw_one(map_, replace(drawing, matches=matches, reading=reading), index, _ids_in(first, map_))
        if view is not None and not map_.is_space:
            windows[chart] = view
        if reading is not None and drawing.layers.has_text:
            texts[chart] = reading.labels
        if colors is not None and any((colors.is_continuous, *colors.words)):
            values[chart] = PointValue(colors.name, colors.offset, colors.unit, colors.words)
        is_other = map_.request.space.model.tokenizer.name != vocabulary
        if is_other or map_.request.space.token_ids is not None:
            ids[chart] = _ids_in(first, map_).tolist()
        if is_other:
            own_ids[chart] = map_.ids.tolist()
    charts = CHARTS[: len(maps)]
    map_sight(key="map_sight", on_views=map_zoom.note)
    map_overlay(
        key="map_overlay",
        charts=charts,
        tokenizer=vocabulary,
        priority=_named_first(first),
        on_click=tie,
        on_box=partial(map_box.keep, maps),
        on_whole=map_zoom.look_at_whole,
        on_views=map_zoom.note,
        show_labels=drawing.layers.has_labels,
        ids=ids,
        own_ids=own_ids,
        values=values,
        texts=texts,
        views={chart: map_zoom.NAMES[chart] for chart in charts},
        windows=windows,
        homes={chart: map_zoom.whole(map_) for chart, map_ in zip(charts, maps, strict=True) if map_.is_space},
    )


def _draw_one(shown_map: ShownMap, drawing: Drawing, index: int, token_ids: Int64[np.ndarray, " n"]) -> View | None:
    """Draw one map, and return what it shows; `token_ids` are those of its points in the first map's vocabulary."""
    space, style, chart = shown_map.request.space, pictures.style(), CHARTS[index]
    layers, reading = drawing.layers, drawing.reading
    figure = vocabulary_map(
        shown_map.coordinates,
        style,
        colors=drawing.colored[index][0],
        titles=shown_map.titles,
        marks=replace(marks(shown_map, drawing.matches, box_of(index, shown_map)), labels=()),
        token_ids=token_ids,
        height=None,
    )
    also_drawn = []
    if reading is not None and reading.model is space.model:
        if reading.layer.input_embeddings.shape[2] == reading.model.metadata.stored_width:
            also_drawn.append(reading.layer.input_embeddings[0])
        add_text(
            figure,
            Grid.of(shown_map.coordinates),
            shown_map.place,
            reading.layer,
            reading.labels,
            style,
            chosen=reading.chosen,
            show_tokens=layers.has_text,
            show_positions=layers.has_positions,
            has_names=False,
        )
    never = space.rows(untouched_ids(space.model.metadata))
    if layers.has_labels and not shown_map.is_space:
        words = f"{count(len(never), 'row')} that training never touched"
        name_spot(figure, shown_map.steps, never, words, style)
    map_legend.draw(figure, shown_map, drawing.colored[index][0], key=chart, is_listed=index == 0)
    view = map_zoom.show(figure, chart, shown_map, map_zoom.whole(shown_map, *also_drawn))
    method = METHODS[shown_map.request.recipe.method]
    with st.container(height=_HEIGHT, border=False, key=f"{chart}_box"):
        pictures.chart(
            figure,
            key=chart.removesuffix("_chart"),
            alt=f"Map of {count(len(space.ids), 'row')} of {space.model.name} by {method.description}",
            is_map=True,
        )
    return view


def _named_first(shown_map: ShownMap) -> list[int]:
    """Return the tokens that are labeled first: the most central one of each cluster, the most alike clusters first."""
    named_clusters = shown_map.named_clusters
    return [] if named_clusters is None else [central[0] for central in named_clusters.central[: map_colors.N_SHOWN]]


def _with_boxed(matches: Matches, maps: Sequence[ShownMap]) -> Matches:
    """Ring what lies in a box of one map on the other map too."""
    if len(maps) < 2:
        return matches
    boxed = [
        _ids_in(maps[0], shown_map)[rows_inside(shown_map, box)]
        for index, shown_map in enumerate(maps)
        if (box := box_of(index, shown_map)) is not None and not shown_map.is_space
    ]
    token_ids = np.concatenate([matches.token_ids, *boxed])
    token_ids = token_ids[token_ids != NOT_THERE]
    return replace(matches, token_ids=np.unique(token_ids)) if 0 < len(token_ids) <= _MOST_RINGED else matches


def _ids_in(first: ShownMap, shown_map: ShownMap) -> Int64[np.ndarray, " n"]:
    """Return the ids that the points of a map have in the first map's vocabulary, where they have one."""
    return translated(shown_map.ids, shown_map.request.space.model, first.request.space.model)
