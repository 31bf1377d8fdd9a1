"""Where a threshold cuts: rows counted by an indicator, and precision against recall over all thresholds."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool

from embedcore.audit.detection import PrecisionRecall, PrecisionRecallCurve
from embedcore.audit.indicators import Indicator
from embedcore.figures.palette import Style
from embedcore.figures.style import apply_style, legend, log_counts
from embedcore.space.evenly import evenly

MAX_POINTS: Final = 1024
N_BINS: Final = 80


def indicator_histogram(
    indicator: Indicator,
    groups: Mapping[str, Bool[np.ndarray, " n_rows"]],
    style: Style,
    *,
    threshold: float,
    is_log: bool = False,
) -> go.Figure:
    """Count rows in 80 bins of the indicator's whole range, one color for each group; shade the flagged ones.

    Groups are stacked; with `is_log` each is counted from the axis, since lengths on a logarithmic axis do not add up.
    """
    low, high = float(indicator.values.min()), float(indicator.values.max())
    room = 1e-9 * (abs(high) or 1.0)  # equal but for rounding: a range in which bins have a width
    edges = np.linspace(low, high if high - low > room else low + 2 * room, N_BINS + 1)
    figure = go.Figure(
        [
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=np.histogram(indicator.values[rows], edges)[0].astype(np.int32),
                width=edges[1] - edges[0],
                name=name,
                opacity=0.65 if is_log else 1.0,
                marker={"color": style.kind(index, name), "line": {"width": 0}},
                hovertemplate=f"{name}<br>{indicator.name} near %{{x:.4g}}<br>%{{y:,}} rows<extra></extra>",
            )
            for index, (name, rows) in enumerate(groups.items())
            if rows.any()
        ]
    )
    apply_style(figure, style, height=420)
    legend(figure)
    figure.update_layout(barmode="overlay" if is_log else "stack", bargap=0)
    figure.update_xaxes(title={"text": indicator.name}, showgrid=False, range=[edges[0], edges[-1]])
    figure.update_yaxes(title={"text": "rows"}, rangemode="tozero")
    if is_log:
        log_counts(figure.layout.yaxis)
    start, stop = (edges[0], threshold) if indicator.is_low else (threshold, edges[-1])
    across = {"y0": 0, "y1": 1, "yref": "paper"}
    figure.add_shape(
        type="rect", x0=start, x1=stop, **across, fillcolor=style.grid, opacity=0.6, layer="below", line={"width": 0}
    )
    figure.add_shape(
        type="line", x0=threshold, x1=threshold, **across, line={"color": style.chosen, "width": 2, "dash": "dash"}
    )
    side = "left" if threshold < (edges[0] + edges[-1]) / 2 else "right"  # written where there is room
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        text=f"flagged {'≤' if indicator.is_low else '≥'} {threshold:.4g}",
        showarrow=False,
        xanchor=side,
        yanchor="top",
        xshift=4 if side == "left" else -4,
    )
    return figure


def precision_recall_line(curve: PrecisionRecallCurve, now: PrecisionRecall, style: Style) -> go.Figure:
    """Draw precision against recall over all thresholds, at most 1,024 of them, and mark the current threshold.

    A dotted line shows the precision of flagging rows at random.
    """
    shown = evenly(len(curve.thresholds), MAX_POINTS)
    figure = go.Figure(
        go.Scatter(
            x=curve.recall[shown].astype(np.float32),
            y=curve.precision[shown].astype(np.float32),
            customdata=curve.thresholds[shown].astype(np.float32),
            name="every threshold",
            mode="lines+markers" if len(shown) < 3 else "lines",
            line={"color": style.accent, "width": 2},
            hovertemplate="threshold %{customdata:.4g}<br>recall %{x:.1%}<br>precision %{y:.1%}<extra></extra>",
        )
    )
    if now.n_flagged:
        figure.add_trace(
            go.Scatter(
                x=[now.recall],
                y=[now.precision],
                name="this threshold",
                mode="markers",
                marker={"symbol": "diamond", "size": 13, "color": style.chosen, "line": {"color": style.paper}},
                hovertemplate="this threshold<br>recall %{x:.1%}<br>precision %{y:.1%}<extra></extra>",
            )
        )
    apply_style(figure, style, height=340)
    legend(figure)
    figure.add_shape(
        type="line",
        x0=0,
        x1=1,
        y0=curve.chance,
        y1=curve.chance,
        line={"color": style.text, "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=0, y=curve.chance, text=f"at random {curve.chance:.1%}", showarrow=False, xanchor="left", yanchor="top"
    )
    figure.update_xaxes(title={"text": "recall"}, range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(title={"text": "precision"}, range=[-0.02, 1.04], tickformat=".0%")
    return figure
