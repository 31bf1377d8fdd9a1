"""Sliding windows drawn over their text: one row for each window, and one column for each token."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int64

from embedcore.figures.palette import Style
from embedcore.figures.style import apply_style, svg_text
from embedcore.figures.token_labels import token_axis

MAX_TOKENS: Final = 120  # a longer stretch of text is drawn without the tokens that no window touches
MAX_COLUMNS: Final = 1024
_NARROW: Final = 360  # px: the width of a phone
_ROOMY: Final = 24  # windows; where there are more, their rows are lower


def window_overlap(
    starts: Int64[np.ndarray, " n_windows"],
    labels: Sequence[str] | Mapping[int, str],
    style: Style,
    *,
    max_length: int,
    batch_size: int,
) -> go.Figure:
    """Draw windows in the order in which they come: inputs in their batch's tone, then the one target beyond them.

    Every window is drawn, wherever it lies: `drawn_columns` says over which tokens. `labels` name the text's
    tokens, or at least those from the first to the last that a window touches, where all are drawn.
    """
    tokens, per_column = drawn_columns(starts, max_length)
    cells = np.zeros((len(starts), len(tokens)), np.uint8)
    for row, start in enumerate(starts.tolist()):
        low, high, end = np.searchsorted(tokens, (start, start + max_length, start + max_length + 1))
        cells[row, low:high] = 2 + (row // batch_size) % 2
        cells[row, high:end] = 1
    edges = np.arange(0, len(tokens), per_column)
    tones = [style.grid, style.quiet, *style.batches]
    scale = [[(index + edge) / 4, tone] for index, tone in enumerate(tones) for edge in (0, 1)]
    figure = go.Figure(
        go.Heatmap(
            z=np.maximum.reduceat(cells, edges, axis=1),
            x=[svg_text(labels[token]) for token in tokens[edges].tolist()],
            y=[f"window {row}" for row in range(len(starts))],
            zmin=-0.5,
            zmax=3.5,
            colorscale=scale,
            showscale=False,
            xgap=1 if len(edges) <= MAX_TOKENS else 0,
            ygap=2,
            hovertemplate="%{y}<br>%{x}<extra></extra>",
        )
    )
    apply_style(figure, style, height=70 + (20 if len(starts) <= _ROOMY else 12) * len(starts) + 60)
    figure.update_xaxes(
        token_axis([labels[token] for token in tokens[edges].tolist()], style, room=_NARROW),
        side="top",
        autotickangles=[0, -60],
    )
    figure.update_xaxes(title={"text": "token of the text", "font": {"size": 12}})
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure


def drawn_columns(
    starts: Int64[np.ndarray, " n_windows"], max_length: int
) -> tuple[Int64[np.ndarray, " n_tokens"], int]:
    """Return the tokens that `window_overlap` draws, ascending, and how many of them share one column.

    They reach from the first to the last token that a window touches. Where these are over 120, those that no window
    touches are left out. Where more than 1,024 are left, several share a column.
    """
    first, last = int(starts.min()), int(starts.max()) + max_length + 1
    tokens = np.arange(first, last)
    if len(tokens) > MAX_TOKENS:
        steps = np.zeros(last - first + 1, np.int64)
        np.add.at(steps, starts - first, 1)
        np.add.at(steps, starts - first + max_length + 1, -1)
        tokens = tokens[np.cumsum(steps[:-1]) > 0]
    return tokens, -(-len(tokens) // MAX_COLUMNS)
