"""Scores between every two tokens, as a heat map: a row is a query, and a column is a key."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int64

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_index, check_least
from embedcore.figures.color_scale import ColorRange, color_axis, share_range, signed_range
from embedcore.figures.heat import row_frame
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, TOP, apply_style, caption, svg_text
from embedcore.figures.token_labels import token_axis
from embedcore.space.evenly import evenly

MAX_TOKENS: Final = 96
_HEIGHT: Final = 460  # px
_SIDE: Final = 300  # px: about what the cells take


def score_map(
    values: Float[np.ndarray, "n_queries n_keys"],
    labels: Sequence[str],
    style: Style,
    *,
    colors: ColorRange | None = None,
    is_share: bool = False,
    chosen: Size | None = None,
    name: str = "score",
) -> go.Figure:
    """Draw `values` of every query and key on the scale of `colors`, by default their own: of shares where `is_share`.

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
            coloraxis="coloraxis",
            hovertemplate=f"query %{{y}}<br>key %{{x}}<br>{name} %{{z:.4f}}<extra></extra>",
        )
    )
    apply_style(figure, style, height=_HEIGHT)
    ranges = colors or (share_range(values) if is_share else signed_range(values))
    figure.update_layout(coloraxis=color_axis(ranges, style), margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM})
    caption(figure, svg_text(name))
    row = None if chosen is None or chosen not in shown else int(np.flatnonzero(shown == chosen)[0])
    axis = token_axis([labels[index] for index in shown], style, room=_SIDE, chosen=row) | {"constrain": "domain"}
    figure.update_xaxes(axis, title={"text": "key"}, side="top", tickangle=-60)
    figure.update_yaxes(axis, title={"text": "query"}, autorange="reversed", scaleanchor="x")
    if row is not None:
        figure.add_shape(row_frame(row, 1, style))
    return figure


def drawn_tokens(n_tokens: Size, most: Size = MAX_TOKENS) -> Int64[np.ndarray, " n_drawn"]:
    """Return the tokens that a picture of `n_tokens` draws: all, or `most`, evenly spread, first and last too."""
    return evenly(n_tokens, most)
