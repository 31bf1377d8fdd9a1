"""Points of a projected space: a whole vocabulary, and a text's vectors on the same axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32, Float64, Int64

from embedcore.figures.style import Style, layout, token_color
from embedcore.projection import Projection
from embedcore.runtime import InputLayer
from embedcore.token_labels import SPACE

_CELLS: Final = 160
_UINT16: Final = 65_535
_WORD: Final = (0.22, 0.07)  # about a word's width and height, as shares of the text's own extent


@dataclass(frozen=True, slots=True)
class Grid:
    """The 16-bit raster that a map's points travel on: `origin` is its lowest corner, `unit` the width of a step."""

    origin: Float64[np.ndarray, " n_components"]
    unit: float

    @classmethod
    def of(cls, coordinates: Float32[np.ndarray, "n n_components"]) -> "Grid":
        """Return the finest raster on which all `coordinates` lie, the same step on every axis."""
        low, high = coordinates.min(axis=0).astype(np.float64), coordinates.max(axis=0).astype(np.float64)
        return cls(low, max(float((high - low).max()), 1e-30) / _UINT16)

    def place(self, coordinates: np.ndarray) -> Float32[np.ndarray, "n n_components"]:
        """Return `coordinates` in steps from the origin, not rounded."""
        return ((coordinates - self.origin) / self.unit).astype(np.float32)


def context_map(
    projection: Projection, layer: InputLayer, labels: Sequence[str], style: Style, *, chosen: int | None = None
) -> go.Figure:
    """Draw a text's token rows and input vectors over the density of all rows, 2-D.

    Every row of the table counts in the density: a few kB instead of 50,257 points.
    """
    figure = go.Figure(_density(projection.coordinates, style))
    tokens = projection.transform(layer.token_embeddings[0])
    inputs = projection.transform(layer.input_embeddings[0])
    for points in _text_traces(tokens, inputs, labels, style, chosen):
        figure.add_trace(go.Scatter(**points))
    layout(figure, style, height=420)
    _name_axes(figure, projection)
    return figure


def vocabulary_map(
    projection: Projection,
    vocabulary: Sequence[str],
    style: Style,
    *,
    found: Int64[np.ndarray, " n_found"] | None = None,
) -> go.Figure:
    """Draw every row of the table as a point, 2-D or 3-D, hover showing its token; `found` ids are ringed.

    The coordinates travel as 16-bit steps, half the bytes of float32 (the axes write their true values): 50,257 points
    and their labels stay under 1 MB, and no Python list of points is built.
    """
    dimensions = projection.coordinates.shape[1]
    grid = Grid.of(projection.coordinates)
    points = np.rint(grid.place(projection.coordinates)).astype(np.uint16)
    trace = go.Scattergl if dimensions == 2 else go.Scatter3d
    figure = go.Figure(
        trace(
            **_coordinates(points),
            mode="markers",
            name="vocabulary",
            # A drawn space is three bytes, and most tokens begin with one: quotation marks show it as well.
            text=[label.replace(SPACE, " ") for label in vocabulary],
            marker={"size": 3 if dimensions == 2 else 1.6, "color": style.quiet, "opacity": 0.45},
            hovertemplate="“%{text}”<br>id %{pointNumber}<extra></extra>",
        )
    )
    if found is not None and len(found):
        figure.add_trace(
            trace(
                **_coordinates(points[found]),
                mode="markers+text" if len(found) <= 40 else "markers",
                name="found",
                text=[vocabulary[token_id] for token_id in found.tolist()],
                customdata=found,
                textposition="top center",
                marker={
                    "size": 9 if dimensions == 2 else 5,
                    "color": style.found,
                    "symbol": "circle-open",
                    "line": {"width": 2, "color": style.found},
                },
                textfont={"color": style.text},
                hovertemplate="%{text}<br>id %{customdata}<extra>found</extra>",
            )
        )
    layout(figure, style, height=640)
    figure.update_layout(
        scene={
            "aspectmode": "cube",
            "dragmode": "orbit",
            "camera": {"eye": {"x": 1.55, "y": 1.55, "z": 0.95}, "center": {"x": 0, "y": 0, "z": -0.12}},
        }
    )
    _name_axes(figure, projection, grid)
    return figure


def add_text(
    figure: go.Figure,
    projection: Projection,
    layer: InputLayer,
    labels: Sequence[str],
    style: Style,
    *,
    chosen: int | None = None,
    show_tokens: bool = True,
    show_positions: bool = False,
) -> go.Figure:
    """Place a text's token rows, sums and, if asked, bare position vectors on a `vocabulary_map`, on its axes."""
    dimensions = projection.coordinates.shape[1]
    grid = Grid.of(projection.coordinates)
    trace = go.Scattergl if dimensions == 2 else go.Scatter3d
    tokens = grid.place(projection.transform(layer.token_embeddings[0]))
    inputs = grid.place(projection.transform(layer.input_embeddings[0]))
    for points in _text_traces(tokens, inputs, labels, style, chosen) if show_tokens else ():
        figure.add_trace(trace(**points))
    if show_positions and layer.position_embeddings is not None:
        places = grid.place(projection.transform(layer.position_embeddings))
        figure.add_trace(
            trace(
                **_coordinates(places),
                mode="lines+markers",
                name="positions",
                text=[f"position {place}" for place in range(len(places))],
                line={"color": style.text, "width": 1},
                marker={"size": 4, "color": style.text, "symbol": "square"},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return figure


def _coordinates(points: np.ndarray) -> dict[str, np.ndarray]:
    return {axis: np.ascontiguousarray(points[:, index]) for index, axis in enumerate("xyz"[: points.shape[1]])}


def _density(coordinates: Float32[np.ndarray, "n 2"], style: Style) -> go.Heatmap:
    counts, x_edges, y_edges = np.histogram2d(coordinates[:, 0], coordinates[:, 1], bins=_CELLS)
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
) -> list[dict[str, object]]:
    """Return the traces of a text: lines from each token row to its sum, circles for rows, diamonds for sums."""
    n_tokens, dimensions = tokens.shape
    lines = np.full((3 * n_tokens, dimensions), np.nan, np.float32)
    lines[0::3], lines[1::3] = tokens, inputs
    colors = [token_color(index) for index in range(n_tokens)]
    big, small = (10, 8) if dimensions == 2 else (5, 4)
    edge = [style.accent if index == chosen else "rgba(0,0,0,0)" for index in range(n_tokens)]
    sizes = [big + 5 if index == chosen else big for index in range(n_tokens)]
    is_free = _room_for_words(inputs, chosen)
    words = [label if free else "" for label, free in zip(labels, is_free, strict=True)]  # hover names them all
    return [
        {
            **_coordinates(lines),
            "mode": "lines",
            "name": "adds its position",
            "line": {"color": style.quiet, "width": 1},
            "hoverinfo": "skip",
        },
        {
            **_coordinates(tokens),
            "mode": "markers",
            "name": "token vectors",
            "text": list(labels),
            "marker": {"size": sizes, "color": colors, "line": {"color": edge, "width": 2}},
            "hovertemplate": "%{text}<br>token vector<extra></extra>",
        },
        {
            **_coordinates(inputs),
            "mode": "markers+text",
            "name": "input vectors",
            "text": words,
            "customdata": list(labels),
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


def _name_axes(figure: go.Figure, projection: Projection, grid: Grid | None = None) -> None:
    """Title the axes with their share of the variance, and write true coordinates where points lie on a `grid`."""
    for index, share in enumerate(projection.explained_variance_ratio):
        values = projection.coordinates[:, index]
        ticks = _round_numbers(float(values.min()), float(values.max()))
        axis = {
            "title": {"text": f"PC {index + 1} · {share:.1%} of variance"},
            "zeroline": False,  # zero of the grid is its corner
            "tickmode": "array",
            "tickvals": ticks if grid is None else [(tick - grid.origin[index]) / grid.unit for tick in ticks],
            "ticktext": [f"{tick:g}".replace("-", "−") for tick in ticks],
        }
        name = "xyz"[index]
        if projection.coordinates.shape[1] == 3:
            axis |= {"gridcolor": figure.layout.xaxis.gridcolor, "backgroundcolor": "rgba(0,0,0,0)"}
            figure.update_layout(scene={f"{name}axis": axis})
        else:
            figure.update_layout({f"{name}axis": axis})


def _round_numbers(low: float, high: float) -> list[float]:
    """Return about eight round numbers from `low` to `high`."""
    rough = max(high - low, 1e-30) / 8
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]
