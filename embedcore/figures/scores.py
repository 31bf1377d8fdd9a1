"""Scores between every two tokens, as a heat map: a row is a query, and a column is a key."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int64

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_index, check_least
from embedcore.figures.heat import frame_row
from embedcore.figures.style import Style, apply_style, svg_text
from embedcore.space.evenly import evenly

MAX_TOKENS: Final = 96
_LARGEST_LABELED: Final = 40


def score_map(
    values: Float[np.ndarray, "n_queries n_keys"],
    labels: Sequence[str],
    style: Style,
    *,
    limit: float,
    is_share: bool = False,
    chosen: Size | None = None,
    name: str = "score",
) -> go.Figure:
    """Draw `values` of every query and key on a scale from −limit to limit, or from 0 to limit where `is_share`.

    At most 96 × 96 cells are drawn, of tokens evenly spread over the text; `chosen` frames a query's row. Raises
    ShapeError unless there are as many queries as keys and labels, at least one, and `chosen` is one of them.
    """
    check_least(1, n_queries=len(values))
    check_all_there("keys", values.shape[1], len(values))
    check_all_there("labels", len(labels), len(values))
    if chosen is not None:
        check_index(len(values), chosen=chosen)
    shown = drawn_tokens(len(values))
    names = [svg_text(labels[index]) for index in shown]
    figure = go.Figure(
        go.Heatmap(
            z=np.ascontiguousarray(values[np.ix_(shown, shown)], np.float32),
            x=names,
            y=names,
            zmin=0 if is_share else -limit,
            zmax=limit,
            colorscale=style.sequential if is_share else style.diverging,
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "nticks": 5, "y": -0.02, "yanchor": "top"},
            hovertemplate=f"query %{{y}}<br>key %{{x}}<br>{name} %{{z:.4f}}<extra></extra>",
        )
    )
    apply_style(figure, style, height=400)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 10, "b": 40})
    axis = {
        "type": "category",
        "showgrid": False,
        "showticklabels": len(shown) <= _LARGEST_LABELED,
        "dtick": 1,
        "tickfont": {"size": 12 if len(shown) <= 16 else 9},
        "constrain": "domain",
        "ticks": "",
    }
    figure.update_xaxes(axis, side="top", tickangle=-60)
    figure.update_yaxes(axis, autorange="reversed", scaleanchor="x")
    if chosen is not None and chosen in shown:
        row = int(np.flatnonzero(shown == chosen)[0])
        frame_row(figure, row, 1, style)
    return figure


def drawn_tokens(n_tokens: Size, most: Size = MAX_TOKENS) -> Int64[np.ndarray, " n_drawn"]:
    """Return the tokens that a picture of `n_tokens` draws: all, or `most`, evenly spread, first and last too."""
    return evenly(n_tokens, most)
