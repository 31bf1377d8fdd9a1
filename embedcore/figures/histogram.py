"""How the scores of one query spread over a whole vocabulary, with its nearest rows marked."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int64

from embedcore.figures.palette import Style
from embedcore.figures.style import LARGE, apply_style, log_counts
from embedcore.values import ByContent

N_BINS: Final = 80
_FEWEST: Final = 0.7  # rows, at the lower end of the axis: one row is seen


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
    counted: Bins,
    style: Style,
    *,
    nearest: tuple[float, float] | None,
    n_nearest: int,
    name: str = "score",
    by_chance: Float[np.ndarray, " n_bins"] | None = None,
    chance_range: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw how many rows have which score, on a logarithmic axis: one row must be seen beside fifty thousand.

    `nearest` is the lowest and the highest score among the `n_nearest` neighbors, marked by a band. `by_chance`, drawn
    as a line, is the number of rows that chance puts into each bin; most of its rows have scores in `chance_range`.
    """
    edges, counts = counted.edges, counted.counts
    digits = ".4f" if 1e-2 <= np.abs(edges).max() < 1e7 else ".4g"
    centers = (edges[:-1] + edges[1:]) / 2  # float64: scores near 1 may differ by less than float32 can tell
    figure = go.Figure(
        go.Bar(
            x=centers,
            y=counts.astype(np.int32),
            width=float(edges[1] - edges[0]),
            customdata=np.stack((edges[:-1], edges[1:]), axis=1),
            marker={"color": style.quiet, "line": {"width": 0}},
            hovertemplate=f"{name} %{{customdata[0]:{digits}}} to %{{customdata[1]:{digits}}}<br>"
            "%{y:,} rows<extra></extra>",
        )
    )
    apply_style(figure, style, height=300)
    figure.update_layout(bargap=0)
    figure.update_xaxes(title={"text": name}, showgrid=False)
    fewest, most = _FEWEST, float(counts.max())
    if by_chance is not None and len(counts) > 1:
        fewest, most = min(fewest, max(float(by_chance.max()) / 2, 0.01)), max(most, float(by_chance.max()))
        figure.add_trace(_chance_line(centers, by_chance, style))
    figure.update_yaxes(title={"text": "rows"}, range=[np.log10(fewest), np.log10(most) + 0.15])
    log_counts(figure.layout.yaxis)
    if chance_range is not None:
        figure.add_shape(_band(*chance_range, style.grid) | {"layer": "below", "opacity": 0.7})
    if nearest is not None:
        least = float(edges[1] - edges[0]) / 2  # one neighbor still gets a band that can be seen
        middle, half = sum(nearest) / 2, max(nearest[1] - nearest[0], least) / 2
        figure.add_shape(_band(middle - half, middle + half, style.match) | {"opacity": 0.22})
        figure.add_annotation(
            x=middle,
            y=1,
            yref="paper",
            yanchor="top",
            text=f"the {n_nearest:,} nearest" if n_nearest > 1 else "the nearest",
            showarrow=False,
            font={"color": style.match, "size": LARGE},
        )
    return figure


def _chance_line(centers: Float[np.ndarray, " n_bins"], by_chance: Float[np.ndarray, " n_bins"], style: Style) -> Any:
    return go.Scatter(
        x=centers,
        y=np.where(by_chance > 0, by_chance, np.nan),  # nothing is no point on a logarithmic axis
        mode="lines",
        name="by chance",
        line={"color": style.text, "width": 2, "dash": "dot"},
        hovertemplate="by chance %{y:,.1f} rows<extra></extra>",
    )


def _band(low: float, high: float, color: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "yref": "paper",
        "x0": low,
        "x1": high,
        "y0": 0,
        "y1": 1,
        "fillcolor": color,
        "line": {"width": 0},
    }
