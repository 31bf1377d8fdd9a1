"""The table of positions as a heat map, and how alike any two positions are."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_least, check_size
from embedcore.figures.style import Style, apply_style

MAX_DRAWN: Final = 256


def position_table(vectors: Float[np.ndarray, "n_positions d_model"], style: Style) -> go.Figure:
    """Draw position vectors: one row for each position, at most 256 of them, evenly spaced."""
    places = drawn_places(len(vectors))
    limit = float(np.abs(vectors).max()) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=np.ascontiguousarray(vectors[places], np.float32),
            y=places.astype(np.int32),
            zmin=-limit,
            zmax=limit,
            colorscale=style.diverging,
            colorbar={"thickness": 10, "outlinewidth": 0, "nticks": 5},
            hovertemplate="position %{y} · dimension %{x}<br>%{z:.4f}<extra></extra>",
        )
    )
    apply_style(figure, style, height=420)
    figure.update_xaxes(title="dimension", showgrid=False, zeroline=False)
    figure.update_yaxes(title="position", autorange="reversed", showgrid=False, zeroline=False)
    return figure


def position_similarity(cosines: Float[np.ndarray, "n n"], style: Style, *, step: Size = 1) -> go.Figure:
    """Draw the cosine between places 0, step, 2·step …: −1 opposite, 0 unrelated, 1 alike."""
    check_least(1, n_positions=len(cosines))
    check_all_there("columns", cosines.shape[1], len(cosines))
    check_size(1, step=step)
    places = (np.arange(len(cosines)) * step).astype(np.int32)
    figure = go.Figure(
        go.Heatmap(
            z=np.ascontiguousarray(cosines, np.float32),
            x=places,
            y=places,
            zmin=-1,
            zmax=1,
            colorscale=style.diverging,
            colorbar={"thickness": 10, "outlinewidth": 0, "nticks": 5},
            hovertemplate="positions %{y} and %{x}<br>cosine %{z:.4f}<extra></extra>",
        )
    )
    apply_style(figure, style, height=420)
    figure.update_xaxes(title="position", showgrid=False, zeroline=False, constrain="domain")
    figure.update_yaxes(
        title="position", autorange="reversed", showgrid=False, zeroline=False, scaleanchor="x", constrain="domain"
    )
    return figure


def drawn_places(n_positions: Size) -> np.ndarray:
    """Return the places that a picture of `n_positions` ≥ 1 draws: every one, or every k-th so that 256 suffice.

    Raises ShapeError otherwise.
    """
    check_size(1, n_positions=n_positions)
    return np.arange(0, n_positions, -(-n_positions // MAX_DRAWN))
