"""How the scores of one query spread over a whole vocabulary, with its nearest rows marked."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int64

from embedcore.figures.style import Style, apply_style
from embedcore.values import ByContent

N_BINS: Final = 80


@dataclass(frozen=True, slots=True, eq=False)
class Bins(ByContent):
    """Counts between edges; a bin holds its lower edge, the last one its upper edge too."""

    edges: Float[np.ndarray, " n_bins_and_1"]
    counts: Int64[np.ndarray, " n_bins"]


def bins(scores: Float[np.ndarray, " n"], n_bins: int = N_BINS) -> Bins:
    """Count n ≥ 1 finite `scores` into `n_bins` ≥ 1 equal bins, lowest to highest; one bin if all are equal."""
    lowest, highest = float(scores.min()), float(scores.max())
    if not highest - lowest > max(
        1e-12 * max(abs(lowest), abs(highest)), 1e-300
    ):  # equal but for rounding: no room for edges
        half = (abs(lowest) or 1.0) * 1e-3
        return Bins(np.array([lowest - half, lowest + half]), np.array([len(scores)]))
    counts, edges = np.histogram(scores, n_bins, (lowest, highest))
    return Bins(edges, counts.astype(np.int64))


def score_histogram(
    counted: Bins, style: Style, *, nearest: tuple[float, float] | None, n_nearest: int, name: str = "score"
) -> go.Figure:
    """Draw how many rows have which score, on a logarithmic axis: one row must be seen beside fifty thousand.

    `nearest` is the lowest and the highest score among the `n_nearest` neighbors, marked by a band.
    """
    edges, counts = counted.edges, counted.counts
    digits = ".4f" if 1e-2 <= np.abs(edges).max() < 1e7 else ".4g"
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,  # float64: scores near 1 may differ by less than float32 can tell
            y=counts.astype(np.int32),
            width=float(edges[1] - edges[0]),
            customdata=np.stack((edges[:-1], edges[1:]), axis=1),
            marker={"color": style.quiet, "line": {"width": 0}},
            hovertemplate=f"{name} %{{customdata[0]:{digits}}} to %{{customdata[1]:{digits}}}<br>"
            "%{y:,} rows<extra></extra>",
        )
    )
    apply_style(figure, style, height=260)
    figure.update_layout(bargap=0)
    figure.update_xaxes(title=name)
    figure.update_yaxes(title="rows", type="log", rangemode="tozero", dtick=1)
    if nearest is not None:
        least = float(edges[1] - edges[0]) / 2  # one neighbor still gets a band that can be seen
        middle, half = sum(nearest) / 2, max(nearest[1] - nearest[0], least) / 2
        figure.add_shape(
            type="rect",
            yref="paper",
            x0=middle - half,
            x1=middle + half,
            y0=0,
            y1=1,
            fillcolor=style.match,
            opacity=0.22,
            line={"width": 0},
        )
        figure.add_annotation(
            x=middle,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"the {n_nearest:,} nearest" if n_nearest > 1 else "the nearest",
            showarrow=False,
            font={"color": style.match},
        )
    return figure
