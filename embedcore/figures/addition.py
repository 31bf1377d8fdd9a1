"""A sum and its parts: the lengths of token, position and input vectors, and one token in every dimension."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32

from embedcore.figures.palette import Style
from embedcore.figures.style import SMALL, apply_style, legend, svg_text
from embedcore.figures.token_labels import token_axis
from embedcore.space.composition import Composition

_NARROW: Final = 360  # px: the width of a phone


def lengths(composition: Composition, labels: Sequence[str], style: Style, *, chosen: int | None = None) -> go.Figure:
    """Draw each token's three lengths as bars, and the position's share of the sum as a line on the right axis."""
    share = composition.position_share if np.isfinite(composition.position_share).any() else np.zeros(len(labels))
    names = [svg_text(label) for label in labels]
    series = [
        ("token", composition.token_norms, style.accent, ""),
        ("position", composition.position_norms, style.quiet, "/"),
        ("input", composition.input_norms, style.text, ""),
    ]
    figure = go.Figure(
        [
            go.Bar(
                x=names,
                y=values.astype(np.float32),
                name=name,
                marker={
                    "color": color,
                    "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": style.paper, "size": 5},
                },
                hovertemplate=f"%{{x}}<br>length of the {name} vector %{{y:.4f}}<extra></extra>",
            )
            for name, values, color, pattern in series
        ]
    )
    figure.add_trace(
        go.Scatter(
            x=names,
            y=share.astype(np.float32),
            name="position's share",
            yaxis="y2",
            mode="lines+markers",
            line={"color": style.text, "width": 1.5, "dash": "dot"},
            marker={
                "size": [12 if index == chosen else 8 for index in range(len(labels))],
                "symbol": "diamond",
                "opacity": 1,
                "line": {"color": style.paper, "width": 1},
            },
            hovertemplate="%{x}<br>position's share %{y:.1%}<extra></extra>",
        )
    )
    apply_style(figure, style, height=340)
    legend(figure)
    figure.update_layout(
        barmode="group",
        yaxis={"title": {"text": "length"}},
        yaxis2={
            "title": {"text": "position's share", "font": {"size": SMALL}},
            "overlaying": "y",
            "side": "right",
            "tickmode": "array",
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
            "range": [
                float(np.nan_to_num(share).min(initial=0.0)) - 0.02,  # a share is NaN where its sum is zero
                float(np.nan_to_num(share).max(initial=1.0)) + 0.02,
            ],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
    )
    figure.update_xaxes(
        token_axis(labels, style, room=_NARROW, chosen=chosen), autotickangles=[0, -45], title={"text": "token"}
    )
    return figure


def dimensions(
    token: Float32[np.ndarray, " d_model"],
    position: Float32[np.ndarray, " d_model"],
    total: Float32[np.ndarray, " d_model"],
    style: Style,
    *,
    place: int,
) -> go.Figure:
    """Draw one token's sum in every dimension: two stacked bars, and a mark where they end up."""
    figure = go.Figure(
        [
            go.Bar(
                y=np.ascontiguousarray(token),
                name="token",
                marker={"color": style.token(place), "line": {"width": 0}},
                hovertemplate="dimension %{x}<br>token %{y:.4f}<extra></extra>",
            ),
            go.Bar(
                y=np.ascontiguousarray(position),
                name="position",
                marker={
                    "color": style.quiet,
                    "line": {"width": 0},
                    "pattern": {"shape": "/", "size": 4, "fillmode": "overlay", "fgcolor": style.paper},
                },
                hovertemplate="dimension %{x}<br>position %{y:.4f}<extra></extra>",
            ),
            go.Scatter(
                y=np.ascontiguousarray(total),
                name="input",
                mode="markers",
                marker={"color": style.text, "symbol": "line-ew-open", "size": 7, "line": {"width": 2}},
                hovertemplate="dimension %{x}<br>input %{y:.4f}<extra></extra>",
            ),
        ]
    )
    apply_style(figure, style, height=300)
    legend(figure)
    figure.update_layout(barmode="relative", bargap=0.15)
    figure.update_xaxes(title={"text": "dimension"}, showgrid=False, zeroline=False, range=[-0.6, len(token) - 0.4])
    figure.update_yaxes(title={"text": "value"})
    return figure
