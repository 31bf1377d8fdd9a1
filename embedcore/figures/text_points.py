"""A text's vectors as points: over the density of all rows, or among the points of a whole map."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32, Float64

from embedcore.figures.heat import EQUAL_HEIGHT
from embedcore.figures.label_places import Room, label_places
from embedcore.figures.map_axes import component_titles, named_axes, written_names, xyz
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, SMALL, TOP, framed, space_text, svg_text, title_over
from embedcore.figures.token_labels import hue_of, word_of
from embedcore.maps.grid import Grid
from embedcore.maps.linear import LinearProjection
from embedcore.model.model import InputLayer

_CELLS: Final = 160
_MARGIN: Final = 0.04  # of an axis: the room beyond the outermost point
_WIDTHS: Final = {"small": 400, "whole": 1000}  # px: about how wide the maps are, on a screen of 1,400 px
_HEIGHTS: Final = {"small": EQUAL_HEIGHT - TOP - BOTTOM, "whole": 560}  # px
_MOST_GROWTH: Final = 2.0  # times as wide or high as the rows need: the most that input vectors may make the small map
_ON_LINE: Final = (0.0, 0.25, 0.5, 0.75, 1.0)  # where on its line no word may lie


def context_map(
    projection: LinearProjection, layer: InputLayer, labels: Sequence[str], style: Style, *, chosen: int | None = None
) -> go.Figure:
    """Draw a text's token rows and input vectors over the density of all rows, 2-D.

    Input vectors of another width than the rows lie in another space: then the diamonds stay with the rows.

    Every row of the table counts in the density: a few kB instead of 50,257 points. A word that would cover another
    one or a point shows on hover. Where the input vectors lie far from all rows, as after a layer norm, the picture
    shows the rows, and lines lead out of it: `n_out_of_sight` counts their ends.
    """
    tokens, inputs = _ends(projection, layer)
    room = _small_room(projection, tokens, inputs)
    axes = named_axes(projection.coordinates, component_titles(projection))
    layout = {
        "xaxis": axes["xaxis"] | {"range": room.x, "showgrid": False, "automargin": False},
        "yaxis": axes["yaxis"] | {"range": room.y, "showgrid": False},
        "margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        "annotations": [
            title_over(f"the same rows as points {_key(style)}"),
            *_words(tokens, inputs, labels, room, style, chosen),
        ],
    }
    points = [go.Scatter(**points) for points in _text_traces(tokens, inputs, labels, style, chosen)]
    return go.Figure([_density(projection.coordinates, style), *points], framed(layout, style, height=EQUAL_HEIGHT))


def n_out_of_sight(projection: LinearProjection, layer: InputLayer) -> int:
    """Return how many input vectors of a text lie outside of its `context_map`."""
    tokens, inputs = _ends(projection, layer)
    return int(np.count_nonzero(_shares_in_sight(tokens, inputs, _small_room(projection, tokens, inputs)) < 1))


def add_text(
    figure: go.Figure,
    grid: Grid,
    place: Callable[[np.ndarray], np.ndarray],
    layer: InputLayer,
    labels: Sequence[str],
    style: Style,
    *,
    chosen: int | None = None,
    show_tokens: bool = True,
    show_positions: bool = False,
    has_names: bool = True,
) -> go.Figure:
    """Draw a text's token rows, sums and, if asked, bare position vectors on a `vocabulary_map` with this `grid`.

    `place` gives the coordinates of vectors on the map. Without `has_names` another part writes the labels.
    """
    trace = go.Scattergl if len(grid.origin) == 2 else go.Scatter3d
    tokens = grid.place(place(layer.token_embeddings[0]))
    is_narrow = layer.input_embeddings.shape[2] != layer.token_embeddings.shape[2]
    inputs = tokens if is_narrow else grid.place(place(layer.input_embeddings[0]))
    for points in _text_traces(tokens, inputs, labels, style, chosen) if show_tokens else ():
        if not has_names:
            points["mode"] = points["mode"].removesuffix("+text")
        figure.add_trace(trace(**points))
    if show_tokens and has_names and trace is go.Scattergl:
        room = _room("whole", np.concatenate((_cloud(figure), tokens, inputs)), is_square=True)
        # All at once: plotly checks the whole list at each change.
        figure.layout.annotations += tuple(_words(tokens, inputs, labels, room, style, chosen))
    if show_positions and layer.position_embeddings is not None:
        places = grid.place(place(layer.position_embeddings))
        figure.add_trace(
            trace(
                **xyz(places),
                mode="lines+markers",
                showlegend=False,
                name="positions",
                text=[f"position {place}" for place in range(len(places))],
                line={"color": style.text, "width": 1},
                marker={"size": 4, "color": style.text, "symbol": "square"},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return figure


def _ends(projection: LinearProjection, layer: InputLayer) -> tuple[np.ndarray, np.ndarray]:
    """Return where a text's rows lie on a map, and its input vectors: those of another width with the rows."""
    tokens = projection.transform(layer.token_embeddings[0])
    is_narrow = layer.input_embeddings.shape[2] != layer.token_embeddings.shape[2]  # no vector of the table's space
    return tokens, tokens if is_narrow else projection.transform(layer.input_embeddings[0])


def _small_room(projection: LinearProjection, tokens: np.ndarray, inputs: np.ndarray) -> Room:
    """Return the room around rows and input vectors; around the rows alone where those would be a spot in it."""
    rows = _room("small", np.concatenate((projection.coordinates, tokens)))
    whole = _room("small", np.concatenate((projection.coordinates, tokens, inputs)))
    grows = max((far[1] - far[0]) / (near[1] - near[0]) for far, near in ((whole.x, rows.x), (whole.y, rows.y)))
    return rows if grows > _MOST_GROWTH else whole


def _shares_in_sight(tokens: np.ndarray, inputs: np.ndarray, room: Room) -> Float64[np.ndarray, " n_tokens"]:
    """Return how much of each line from a row to its input vector lies within a room that holds all rows: 1 for all."""
    low, high = np.array([room.x[0], room.y[0]]), np.array([room.x[1], room.y[1]])
    start, way = tokens.astype(np.float64), inputs.astype(np.float64) - tokens
    edge = np.where(way > 0, high, low)
    shares = np.divide(edge - start, way, out=np.ones_like(way), where=way != 0)
    return np.clip(shares.min(axis=1), 0.0, 1.0)


def _density(coordinates: Float32[np.ndarray, "n 2"], style: Style) -> go.Heatmap:
    low, high = coordinates.min(axis=0).astype(np.float64), coordinates.max(axis=0).astype(np.float64)
    least = 1e-6 * (float(np.abs(coordinates).max()) or 1.0)
    room = np.where(high - low > least, 0.0, least)  # an axis along which all are equal still has cells
    edges = np.linspace(low - room, high + room, _CELLS + 1).T
    counts, x_edges, y_edges = np.histogram2d(coordinates[:, 0], coordinates[:, 1], bins=[edges[0], edges[1]])
    levels = np.log1p(counts.T)
    scaled = np.rint(levels / max(levels.max(), 1e-9) * 255).astype(np.uint8)
    return go.Heatmap(
        z=scaled,
        x0=float(x_edges[:2].mean()),
        dx=float(x_edges[1] - x_edges[0]),
        y0=float(y_edges[:2].mean()),
        dy=float(y_edges[1] - y_edges[0]),
        zmin=0,
        zmax=255,
        colorscale=style.density,
        showscale=False,
        hoverinfo="skip",
    )


def _text_traces(
    tokens: np.ndarray, inputs: np.ndarray, labels: Sequence[str], style: Style, chosen: int | None
) -> list[dict[str, Any]]:
    """Return the traces of a text: lines from each token row to its sum, circles for rows, diamonds for sums.

    In space diamonds have their words beside them; on a flat map `_words` are those.
    """
    n_tokens, dimensions = tokens.shape
    lines = np.full((3 * n_tokens, dimensions), np.nan, np.float32)
    lines[0::3], lines[1::3] = tokens, inputs
    colors = [hue_of(label, style) for label in labels]
    big, small = (9, 8) if dimensions == 2 else (5, 4)
    edge = [style.chosen if index == chosen else style.paper for index in range(n_tokens)]
    widths = [2 if index == chosen else 1 for index in range(n_tokens)] if dimensions == 2 else 1
    sizes = [big + 5 if index == chosen else big for index in range(n_tokens)]
    names = [svg_text(label) for label in labels]  # what shows on hover is always flat
    return [
        {
            **xyz(lines),
            "mode": "lines",
            "showlegend": False,
            "name": "adds its position",
            "line": {"color": style.quiet, "width": 1},
            "hoverinfo": "skip",
        },
        {
            **xyz(tokens),
            "mode": "markers",
            "showlegend": False,
            "name": "token vectors",
            "text": names,
            "marker": {"size": sizes, "color": colors, "opacity": 1, "line": {"color": edge, "width": widths}},
            "hovertemplate": "%{text}<br>token vector<extra></extra>",
        },
        {
            **xyz(inputs),
            "mode": "markers" if dimensions == 2 else "markers+text",
            "showlegend": False,
            "name": "input vectors",
            "text": names if dimensions == 2 else [space_text(word_of(label)) for label in labels],
            "customdata": names,
            "textposition": "top center",
            "textfont": {"color": style.text, "size": SMALL},
            "marker": {
                "size": small,
                "color": colors,
                "symbol": "diamond",
                "opacity": 1,
                "line": {"color": edge, "width": widths},
            },
            "hovertemplate": "%{customdata}<br>input vector<extra></extra>",
        },
    ]


def _words(
    tokens: np.ndarray,
    inputs: np.ndarray,
    labels: Sequence[str],
    room: Room,
    style: Style,
    chosen: int | None,
) -> list[dict[str, Any]]:
    """Return the words of a text beside its diamonds where they cover no point, no line and no other word."""
    words = [word_of(label) for label in labels]
    start, end = tokens.astype(np.float64), inputs.astype(np.float64)
    in_sight = _shares_in_sight(tokens, inputs, room)[:, None]
    last = start + (end - start) * in_sight
    solid = np.concatenate([start * (1 - share) + last * share for share in _ON_LINE])
    named = np.where(in_sight < 1, start, end)  # a word stands at its row where its diamond is out of sight
    places = label_places(words, named, solid, room, first=chosen)
    return written_names(named.astype(np.float32), [svg_text(word) for word in words], style, places)


def _room(name: str, points: np.ndarray, *, is_square: bool = False) -> Room:
    """Return the room of a map around all `points`; `is_square` where a unit is as long on both axes."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    span = np.maximum(high - low, 1e-6 * (float(np.abs(points).max()) or 1.0)) * (1 + 2 * _MARGIN)
    size = np.array([_WIDTHS[name], _HEIGHTS[name]], np.float64)
    if is_square:
        span = size * (span / size).max()
    middle = (low + high) / 2
    edges = np.stack((middle - span / 2, middle + span / 2))
    return Room((float(size[0]), float(size[1])), tuple(edges[:, 0].tolist()), tuple(edges[:, 1].tolist()))


def _cloud(figure: go.Figure) -> Float64[np.ndarray, "n 2"]:
    """Return the points of a vocabulary map, in steps of its grid."""
    cloud = figure.data[0]
    return np.column_stack((cloud.x, cloud.y)).astype(np.float64)


def _key(style: Style) -> str:
    """Return what a circle and a diamond stand for, in the chart's own text."""
    return f"<span style='color:{style.quiet}'>●</span> token <span style='color:{style.quiet}'>◆</span> input"
