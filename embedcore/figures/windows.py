"""Sliding windows drawn over their text: one row a window, one column a token."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int64

from embedcore.figures.style import TOKEN_COLORS, Style, layout

MAX_WINDOWS: Final = 24
MAX_TOKENS: Final = 120


def window_overlap(
    starts: Int64[np.ndarray, " n_windows"],
    labels: Sequence[str],
    style: Style,
    *,
    max_length: int,
    batch_size: int,
) -> go.Figure:
    """Draw windows in the order in which they come: inputs in their batch's tone, then the one target beyond them.

    Draws the first 24 windows, over at most 120 tokens from the first that they touch.
    """
    drawn = starts[:MAX_WINDOWS]
    first = int(drawn.min())
    last = min(int(drawn.max()) + max_length + 1, first + MAX_TOKENS, len(labels))
    cells = np.zeros((len(drawn), last - first), np.uint8)
    for row, start in enumerate(drawn.tolist()):
        low = start - first
        cells[row, low : low + max_length] = 2 + (row // batch_size) % 2
        cells[row, low + max_length : low + max_length + 1] = 1
    tones = [style.grid, style.quiet, TOKEN_COLORS[0], TOKEN_COLORS[1]]
    scale = [[(index + edge) / 4, tone] for index, tone in enumerate(tones) for edge in (0, 1)]
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            x=list(labels[first:last]),
            y=[f"window {row}" for row in range(len(drawn))],
            zmin=-0.5,
            zmax=3.5,
            colorscale=scale,
            showscale=False,
            xgap=1,
            ygap=2,
            hovertemplate="%{y}<br>%{x}<extra></extra>",
        )
    )
    layout(figure, style, height=70 + 20 * len(drawn) + 60)
    figure.update_xaxes(type="category", side="top", tickangle=-60, showgrid=False, showticklabels=last - first <= 60)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure
