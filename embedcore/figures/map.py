"""A whole vocabulary as colored points; some are ringed, and one may be tied to its true neighbors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32, Int64

from embedcore.figures.color_scale import color_bar
from embedcore.figures.map_axes import name_axes, written_names, xyz
from embedcore.figures.palette import N_HUES, Style
from embedcore.figures.style import BOTTOM, LARGE, TOP, apply_style, number, space_text, svg_text
from embedcore.maps.grid import Grid
from embedcore.maps.point_colors import LAST, PointColors
from embedcore.values import ByContent

MOST_NAMED: Final = 40
_NONE = np.zeros(0, np.int64)
_CAMERA: Final = {"eye": {"x": 1.55, "y": 1.55, "z": 0.95}, "center": {"x": 0, "y": 0, "z": -0.12}}
_NEAR_CAMERA: Final = {"eye": {"x": 1.0, "y": 1.0, "z": 0.6}, "center": {"x": 0, "y": 0, "z": 0}}  # without titles


@dataclass(frozen=True, slots=True, eq=False)
class Marks(ByContent):
    """What is marked on a map: the rows that match a search, a chosen row and its true neighbors, and a box.

    `labels` name the rows that match, none where another part writes them; `box` is (lowest x, highest x, lowest y,
    highest y) in steps of the map's grid.
    """

    matches: Int64[np.ndarray, " n_matches"] = field(default_factory=lambda: _NONE)
    labels: Sequence[str] = ()
    chosen: int | None = None
    neighbors: Int64[np.ndarray, " k"] = field(default_factory=lambda: _NONE)
    box: tuple[int, int, int, int] | None = None


def vocabulary_map(
    coordinates: Float32[np.ndarray, "n n_components"],
    style: Style,
    *,
    colors: PointColors | None = None,
    titles: Sequence[str] = (),
    marks: Marks | None = None,
    token_ids: Int64[np.ndarray, " n"] | None = None,
    height: int | None = 640,
) -> go.Figure:
    """Draw every row as a point, 2-D or 3-D. Row i is token i, or `token_ids[i]`.

    Coordinates travel as 16-bit steps and a color as one byte; no text goes with them: the page's overlay names points
    on hover. 50,257 points take 0.4 MB. `titles` name the axes, with true coordinates; without them there are none.
    """
    marks = marks or Marks()
    grid = Grid.of(coordinates)
    steps = grid.steps(coordinates)
    is_flat = coordinates.shape[1] == 2
    trace = go.Scattergl if is_flat else go.Scatter3d
    figure = go.Figure(
        trace(
            **xyz(steps),
            mode="markers",
            name="vocabulary",
            marker={
                "size": 3 if is_flat else 1.6,
                "opacity": (0.75 if colors else 0.45) if is_flat else 0.4,
                **_marker(colors, style),
            },
            hoverinfo="none",
            showlegend=False,
        )
    )
    if colors is not None:
        _legend(figure, colors, trace, style)
    if marks.chosen is not None:
        _add_rays(figure, steps, marks.chosen, marks.neighbors, style)
    if len(marks.matches):
        is_named = 0 < len(marks.labels) <= MOST_NAMED
        written = svg_text if is_flat else space_text
        names = [written(label) for label in marks.labels]
        figure.add_trace(
            trace(
                **xyz(steps[marks.matches]),
                mode="markers+text" if is_named and not is_flat else "markers",
                name="matches",
                text=names or None,
                customdata=marks.matches if token_ids is None else token_ids[marks.matches],
                textposition="top center",
                marker=_ring(9 if is_flat else 5, style.match),
                textfont={"color": style.text},
                hoverinfo="none",
                showlegend=False,
            )
        )
        if is_named and is_flat:
            figure.layout.annotations = written_names(steps[marks.matches], names, style)
    apply_style(figure, style, height=height)
    figure.update_layout(
        dragmode="pan",
        scene={
            "aspectmode": "cube",
            "dragmode": "orbit",
            "camera": _CAMERA if titles else _NEAR_CAMERA,
        },
        showlegend=colors is not None and not colors.is_continuous,
        legend={
            "orientation": "h",
            "x": 1.0,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": LARGE},
        },
    )
    if colors is not None and colors.is_continuous:
        figure.update_layout(margin={"t": TOP, "b": BOTTOM})
    name_axes(figure, coordinates, titles, grid)
    if is_flat:  # one step is as long on both axes: distances on the map are distances
        figure.update_yaxes(scaleanchor="x")
        if marks.box is not None:
            x0, x1, y0, y1 = marks.box
            figure.add_shape(
                type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"color": style.match, "width": 1.5, "dash": "dot"}
            )
    return figure


def _marker(colors: PointColors | None, style: Style) -> dict[str, Any]:
    if colors is None:
        return {"color": style.quiet}
    if colors.is_continuous:
        codes = np.linspace(0, LAST, 3).tolist()
        return {
            "color": colors.codes,
            "cmin": 0,
            "cmax": LAST,
            "colorscale": style.continuous,
            "colorbar": color_bar({code: number(colors.offset + colors.unit * code) for code in codes}, colors.name),
        }
    n_words = len(colors.words)
    scale = []
    for code in range(n_words):
        color = style.kind(code, colors.words[code])
        scale += [[code / n_words, color], [(code + 1) / n_words, color]]
    return {"color": colors.codes, "cmin": -0.5, "cmax": n_words - 0.5, "colorscale": scale, "showscale": False}


def _legend(figure: go.Figure, colors: PointColors, trace: type, style: Style) -> None:
    names = list(colors.words[:N_HUES]) + (["other"] if len(colors.words) > N_HUES else [])
    nowhere = {axis: [None] for axis in ("xy" if trace is go.Scattergl else "xyz")}
    for code, name in enumerate(names):
        if not name:  # a hue that several clusters share means nothing by itself
            continue
        figure.add_trace(
            trace(
                **nowhere,
                mode="markers",
                name=name,
                marker={"size": 9, "color": style.kind(code, name)},
                hoverinfo="skip",
                showlegend=True,
            )
        )


def _add_rays(figure: go.Figure, steps: np.ndarray, chosen: int, neighbors: np.ndarray, style: Style) -> None:
    """Tie the chosen point to its true neighbors, and ring them: long ties show what the map tore apart."""
    is_flat = steps.shape[1] == 2
    trace = go.Scattergl if is_flat else go.Scatter3d
    ties = np.full((3 * len(neighbors), steps.shape[1]), np.nan, np.float32)
    ties[0::3], ties[1::3] = steps[chosen], steps[neighbors]
    figure.add_trace(
        trace(
            **xyz(ties),
            mode="lines",
            name="true neighbors",
            line={"color": style.chosen, "width": 1.5 if is_flat else 3},
            opacity=0.7,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.add_trace(
        trace(
            **xyz(steps[np.append(neighbors, chosen)]),
            mode="markers",
            name="chosen and neighbors",
            marker=_ring(11 if is_flat else 6, style.chosen),
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _ring(size: int, color: str) -> dict[str, Any]:
    return {"size": size, "color": color, "symbol": "circle-open", "line": {"width": 2, "color": color}}
