"""Lines over a distance or a pair: how scores fall, and how long each pair's wave is."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from embedcore.figures.style import TOKEN_COLORS, Style, layout

_DASHES: Final = ("solid", "dash", "dot", "dashdot")


def decay_lines(
    curves: Mapping[str, Float[np.ndarray, " n_distances"]],
    style: Style,
    *,
    is_log: bool = False,
    trained: int | None = None,
) -> go.Figure:
    """Draw a line a scheme: the score of a token with a copy of itself 0, 1, 2 … tokens back.

    `is_log` spaces the distances logarithmically, from 1; `trained` marks the length that a model was trained with.
    """
    figure = go.Figure(
        [
            go.Scattergl(
                x=np.arange(len(values), dtype=np.int32)[int(is_log) :],
                y=np.ascontiguousarray(values, np.float32)[int(is_log) :],
                name=name,
                mode="lines",
                line=_line(index),
                hovertemplate=f"{name}<br>%{{x}} back<br>score %{{y:.4f}}<extra></extra>",
            )
            for index, (name, values) in enumerate(curves.items())
        ]
    )
    layout(figure, style, height=420)
    _legend(figure)
    figure.update_xaxes(title="tokens back", type="log" if is_log else "linear")
    figure.update_yaxes(title="score")
    if trained is not None:
        figure.add_vline(x=trained, line=_mark(style), annotation={"text": f"trained length {trained:,}"})
    return figure


def wavelength_lines(
    wavelengths: Mapping[str, Float[np.ndarray, " n_pairs"]], style: Style, *, trained: int, chosen: str
) -> go.Figure:
    """Draw how many positions each pair takes for a full turn, a line a scaling, against the trained length."""
    figure = go.Figure(
        [
            go.Scatter(
                x=np.arange(len(values), dtype=np.int32),
                y=np.ascontiguousarray(values),
                name=name,
                mode="lines+markers",
                line=_line(index) | {"width": 3.5 if name == chosen else 1.5},
                marker={"size": 6 if name == chosen else 4},
                hovertemplate=f"{name}<br>pair %{{x}}<br>%{{y:,.1f}} positions a turn<extra></extra>",
            )
            for index, (name, values) in enumerate(wavelengths.items())
        ]
    )
    layout(figure, style, height=400)
    _legend(figure)
    figure.update_xaxes(title="pair of dimensions")
    figure.update_yaxes(title="positions a turn", type="log")
    figure.add_hline(y=trained, line=_mark(style), annotation={"text": f"trained length {trained:,}"})
    return figure


def _line(index: int) -> dict[str, object]:
    """Return a line that no other of the first 24 shares: a color and, once the colors are used up, a dash."""
    return {
        "color": TOKEN_COLORS[index % len(TOKEN_COLORS)],
        "dash": _DASHES[(index + index // len(TOKEN_COLORS)) % len(_DASHES)],
        "width": 2,
    }


def _legend(figure: go.Figure) -> None:
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})


def _mark(style: Style) -> dict[str, object]:
    return {"color": style.text, "width": 1, "dash": "dot"}
