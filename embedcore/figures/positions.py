"""The table of positions as a heat map, and how alike any two positions are."""

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_least, check_size
from embedcore.figures.color_scale import ColorRange, color_axis, signed_range
from embedcore.figures.heat import EQUAL_HEIGHT
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, TOP, apply_style, title

MAX_DRAWN: Final = 256


def position_table(vectors: Float[np.ndarray, "n_positions d_model"], style: Style) -> go.Figure:
    """Draw position vectors: one row for each position, at most 256 of them, evenly spaced.

    The scale's ends are those of `signed_range` over all the vectors.
    """
    places = drawn_places(len(vectors))
    figure = _heat(
        {
            "z": np.ascontiguousarray(vectors[places], np.float32),
            "y": places.astype(np.int32),
            "hovertemplate": "position %{y} · dimension %{x}<br>%{z:.4f}<extra></extra>",
        },
        signed_range(vectors),
        style,
        name="position vectors",
    )
    figure.update_xaxes(title={"text": "dimension"})
    return figure


def position_similarity(cosines: Float[np.ndarray, "n n"], style: Style, *, step: Size = 1) -> go.Figure:
    """Draw the cosine between places 0, step, 2·step …: −1 opposite, 0 unrelated, 1 alike."""
    check_least(1, n_positions=len(cosines))
    check_all_there("columns", cosines.shape[1], len(cosines))
    check_size(1, step=step)
    places = (np.arange(len(cosines)) * step).astype(np.int32)
    figure = _heat(
        {
            "z": np.ascontiguousarray(cosines, np.float32),
            "x": places,
            "y": places,
            "hovertemplate": "positions %{y} and %{x}<br>cosine similarity %{z:.4f}<extra></extra>",
        },
        ColorRange(1.0),
        style,
        name="cosine similarity of two positions",
    )
    figure.update_xaxes(title={"text": "position"}, constrain="domain")
    figure.update_yaxes(scaleanchor="x", constrain="domain")
    return figure


def drawn_places(n_positions: Size) -> np.ndarray:
    """Return the places that a picture of `n_positions` ≥ 1 draws: every one, or every k-th so that 256 suffice.

    Raises ShapeError otherwise.
    """
    check_size(1, n_positions=n_positions)
    return np.arange(0, n_positions, -(-n_positions // MAX_DRAWN))


def _heat(trace: dict[str, Any], colors: ColorRange, style: Style, *, name: str) -> go.Figure:
    """Return a heat map of positions, which run down."""
    figure = go.Figure(go.Heatmap(**trace, coloraxis="coloraxis"))
    apply_style(figure, style, height=EQUAL_HEIGHT)
    figure.update_layout(coloraxis=color_axis(colors, style), margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM})
    title(figure, name)
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=6)
    figure.update_yaxes(title={"text": "position"}, autorange="reversed", showgrid=False, zeroline=False, nticks=6)
    return figure
