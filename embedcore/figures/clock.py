"""Rotary positions as clocks: each pair of dimensions is a clock, and each position is a time on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32, Float64, Int64
from plotly.subplots import make_subplots

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_index, check_least
from embedcore.figures.palette import Style
from embedcore.figures.style import apply_style, svg_text
from embedcore.figures.token_labels import hue_of, word_of


def clock_hands(
    points: Float32[np.ndarray, "n_clocks n_positions 2"],
    pairs: Int64[np.ndarray, " n_clocks"],
    wavelengths: Float64[np.ndarray, " n_clocks"],
    labels: Sequence[str],
    style: Style,
    *,
    place: Size,
) -> go.Figure:
    """Draw a clock for each pair: a point per token at (cosine, sine) of its position, and the hand at `place`.

    `pairs` are their numbers, and `wavelengths` say how many positions a full turn takes. The circle is as
    large as the attention factor.
    Raises ShapeError unless each clock has a pair and a wavelength, each position a label, and `place` is one of them.
    """
    check_all_there("pairs", len(pairs), len(points))
    check_all_there("wavelengths", len(wavelengths), len(points))
    check_least(1, n_clocks=len(points), n_positions=points.shape[1])
    check_all_there("labels", len(labels), points.shape[1])
    check_index(points.shape[1], place=place)
    titles = [
        f"pair {pair}, {f'wavelength<br>{length:,.1f} positions per turn' if np.isfinite(length) else 'not rotated'}"
        for pair, length in zip(pairs, wavelengths, strict=True)
    ]
    figure = make_subplots(rows=1, cols=len(points), subplot_titles=titles, horizontal_spacing=0.12)
    names = [svg_text(label) for label in labels]
    radius = float(np.abs(points).max()) or 1.0
    around = np.linspace(0, 2 * np.pi, 91)
    for column, clock in enumerate(points, start=1):
        length = float(np.hypot(*clock[0]))
        traces: list[dict[str, Any]] = [
            {
                "x": np.cos(around) * length,
                "y": np.sin(around) * length,
                "mode": "lines",
                "line": {"color": style.grid, "width": 1},
                "hoverinfo": "skip",
            },
            {
                "x": np.ascontiguousarray(clock[:, 0]),
                "y": np.ascontiguousarray(clock[:, 1]),
                "mode": "markers",
                "text": names,
                "marker": {"size": 9, "color": [hue_of(label, style) for label in labels]},
                "hovertemplate": "%{text}<br>cosine %{x:.4f}<br>sine %{y:.4f}<extra></extra>",
            },
            {
                "x": [0, float(clock[place, 0])],
                "y": [0, float(clock[place, 1])],
                "mode": "lines+markers+text",
                "text": ["", svg_text(word_of(labels[place]))],
                "textposition": _outside(*clock[place].tolist()),
                "cliponaxis": False,
                "textfont": {"color": style.text},
                "line": {"color": style.chosen, "width": 2},
                "marker": {"size": [5, 13], "color": style.chosen, "symbol": ["circle", "circle-open"]},
                "hoverinfo": "skip",
            },
        ]
        for trace in traces:
            figure.add_trace(go.Scatter(**trace), row=1, col=column)
    apply_style(figure, style, height=300)
    figure.update_layout(margin={"l": 24, "r": 48, "t": 48})
    span = [-1.25 * radius, 1.25 * radius]
    axis = {"range": span, "showgrid": False, "zeroline": True, "showticklabels": False, "constrain": "domain"}
    figure.update_xaxes(axis, title={"text": "cosine"})
    figure.update_yaxes(axis)
    figure.update_yaxes(title={"text": "sine"}, col=1)
    for column in range(1, len(points) + 1):
        figure.update_yaxes(scaleanchor=f"x{'' if column == 1 else column}", col=column)
    return figure


def _outside(x: float, y: float) -> str:
    """Return where a word at a point of the circle lies outside of it."""
    if abs(x) > abs(y):
        return "middle right" if x > 0 else "middle left"
    return "top center" if y > 0 else "bottom center"
