"""A text's vectors as points: over the density of all rows, or among the points of a whole map."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32

from embedcore.figures.map_axes import component_titles, name_axes, write_names, xyz
from embedcore.figures.style import Style, apply_style, space_text, svg_text, token_color
from embedcore.maps.grid import Grid
from embedcore.maps.linear import LinearProjection
from embedcore.model.model import InputLayer

_CELLS: Final = 160
_WORD: Final = (0.22, 0.07)  # about a word's width and height, as shares of the text's own extent


def context_map(
    projection: LinearProjection, layer: InputLayer, labels: Sequence[str], style: Style, *, chosen: int | None = None
) -> go.Figure:
    """Draw a text's token rows and input vectors over the density of all rows, 2-D.

    Every row of the table counts in the density: a few kB instead of 50,257 points.
    """
    figure = go.Figure(_density(projection.coordinates, style))
    tokens = projection.transform(layer.token_embeddings[0])
    inputs = projection.transform(layer.input_embeddings[0])
    for points in _text_traces(tokens, inputs, labels, style, chosen):
        figure.add_trace(go.Scatter(**points))
    apply_style(figure, style, height=420)
    name_axes(figure, projection.coordinates, component_titles(projection))
    return figure


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
) -> go.Figure:
    """Draw a text's token rows, sums and, if asked, bare position vectors on a `vocabulary_map` with this `grid`.

    `place` gives the coordinates of vectors on the map.
    """
    trace = go.Scattergl if len(grid.origin) == 2 else go.Scatter3d
    tokens = grid.place(place(layer.token_embeddings[0]))
    inputs = grid.place(place(layer.input_embeddings[0]))
    for points in _text_traces(tokens, inputs, labels, style, chosen) if show_tokens else ():
        if trace is go.Scattergl and points["mode"] == "markers+text":
            write_names(figure, inputs, points["text"], style)
            points["mode"] = "markers"
        figure.add_trace(trace(**points))
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
    """Return the traces of a text: lines from each token row to its sum, circles for rows, diamonds for sums."""
    n_tokens, dimensions = tokens.shape
    lines = np.full((3 * n_tokens, dimensions), np.nan, np.float32)
    lines[0::3], lines[1::3] = tokens, inputs
    colors = [token_color(index) for index in range(n_tokens)]
    big, small = (10, 8) if dimensions == 2 else (5, 4)
    edge = [style.accent if index == chosen else "rgba(0,0,0,0)" for index in range(n_tokens)]
    sizes = [big + 5 if index == chosen else big for index in range(n_tokens)]
    is_free = _room_for_words(inputs, chosen)
    names = [svg_text(label) for label in labels]  # what shows on hover is always flat
    written = svg_text if dimensions == 2 else space_text
    words = [written(label) if free else "" for label, free in zip(labels, is_free, strict=True)]
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
            "marker": {"size": sizes, "color": colors, "line": {"color": edge, "width": 2}},
            "hovertemplate": "%{text}<br>token vector<extra></extra>",
        },
        {
            **xyz(inputs),
            "mode": "markers+text",
            "showlegend": False,
            "name": "input vectors",
            "text": words,
            "customdata": names,
            "textposition": "top center",
            "textfont": {"color": style.text, "size": 12},
            "marker": {"size": small, "color": colors, "symbol": "diamond", "line": {"color": edge, "width": 2}},
            "hovertemplate": "%{customdata}<br>input vector<extra></extra>",
        },
    ]


def _room_for_words(points: np.ndarray, chosen: int | None) -> list[bool]:
    """Return which points get a word: the chosen one, then each in turn that no earlier word would overlap."""
    span = np.maximum(np.ptp(points, axis=0), 1e-30)
    places = points[:, :2] / span[:2]
    order = sorted(range(len(points)), key=lambda index: index != chosen)
    written: list[int] = []
    for index in order:
        gaps = np.abs(places[written] - places[index])
        if not ((gaps[:, 0] < _WORD[0]) & (gaps[:, 1] < _WORD[1])).any():
            written.append(index)
    return [index in written for index in range(len(points))]
