"""How scores fall with the distance, and how long the wave of each pair of dimensions is, as lines."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int64

from embedcore.checks.given import Size
from embedcore.checks.sizes import check_size
from embedcore.figures.palette import N_HUES, Style
from embedcore.figures.style import apply_style, legend, log_counts, svg_text
from embedcore.schemes.registry import SCHEMES
from embedcore.space.extremes import lowest_and_highest

MAX_DISTANCES: Final = 8192
DEEPEST: Final = 12.0  # a score 12 below another gets e⁻¹² of its attention: 6 in a million
DEEPEST_SHARE: Final = math.exp(-DEEPEST)
_DASHES: Final = ("solid", "dash", "dot", "dashdot")


def decay_lines(
    curves: Mapping[str, Float[np.ndarray, " n_distances"]],
    style: Style,
    *,
    trained: Size,
    is_log: bool = False,
    lowest: float | None = None,
    name: str = "score",
    names: Mapping[str, str] | None = None,
) -> go.Figure:
    """Draw a line for each scheme: the score (or what `name` says) of a token with a copy of itself 0, 1 … tokens back.

    `is_log` spaces the distances logarithmically, from 1; `trained` marks the length that the model knows; the axis
    begins at `lowest`, and a line may leave it. `names` are what the legend calls the
    schemes, by default as `curves` does.
    """
    check_size(1, n_curves=len(curves), trained=trained)
    shown_distances = {scheme: drawn_distances(len(values), is_log=is_log) for scheme, values in curves.items()}
    places = _places(list(curves))
    named = {scheme: svg_text((names or {}).get(scheme, scheme)) for scheme in curves}
    highest = max(float(values.max()) for values in curves.values())
    figure = go.Figure(
        [
            go.Scattergl(
                x=shown_distances[scheme].astype(np.int32),
                y=np.ascontiguousarray(values[shown_distances[scheme]], np.float32),
                name=named[scheme],
                mode="lines",
                line=_line(places[scheme], style),
                hovertemplate=f"{named[scheme]}<br>distance %{{x}}<br>{name} %{{y:.4f}}<extra></extra>",
            )
            for scheme, values in curves.items()
        ]
    )
    apply_style(figure, style, height=420)
    legend(figure)
    figure.update_xaxes(title={"text": "distance from query back to key (tokens)"})
    if is_log:
        log_counts(figure.layout.xaxis)
    figure.update_yaxes(title={"text": name})
    if lowest is not None:
        figure.update_yaxes(range=[lowest, highest + 0.05 * (highest - lowest)])
    _mark(figure, "x", trained, is_log=is_log, style=style)
    return figure


def drawn_distances(n_distances: Size, *, is_log: bool) -> Int64[np.ndarray, " n_drawn"]:
    """Return the distances that a line draws: all, or 8,192 evenly spread over the axis (from 1 where it `is_log`)."""
    check_size(1, n_distances=n_distances)
    first = int(is_log)
    if n_distances - first <= MAX_DISTANCES:
        return np.arange(first, n_distances)
    spread = np.geomspace if is_log else np.linspace
    return np.unique(np.rint(spread(first, n_distances - 1, MAX_DISTANCES)).astype(np.int64))


def lowest_drawn(curves: Mapping[str, Float[np.ndarray, " n_distances"]]) -> float:
    """Return where the axis of these lines begins: no deeper below the highest score than attention can still feel."""
    lowest, highest = lowest_and_highest(*curves.values())
    return max(lowest - 0.5, highest - DEEPEST)


def is_cut(curves: Mapping[str, Float[np.ndarray, " n_distances"]]) -> bool:
    """Return whether a line falls below where the axis begins."""
    return lowest_and_highest(*curves.values())[0] < lowest_drawn(curves)


def decay_columns(curves: Mapping[str, Float[np.ndarray, " n_distances"]]) -> dict[str, np.ndarray]:
    """Return the lines as columns of one length, by the distance; NaN where a line has ended before."""
    longest = max(len(values) for values in curves.values())
    return {
        "distance": np.arange(longest),
        **{name: np.pad(values, (0, longest - len(values)), constant_values=np.nan) for name, values in curves.items()},
    }


def wavelength_lines(
    wavelengths: Mapping[str, Float[np.ndarray, " n_pairs"]], style: Style, *, trained: Size, chosen: str
) -> go.Figure:
    """Draw how many positions each pair takes for a full turn, a line for each scaling, and the trained length ≥ 1."""
    check_size(1, trained=trained)
    figure = go.Figure(
        [
            go.Scatter(
                x=np.arange(len(values), dtype=np.int32),
                y=np.where(np.isfinite(values), values, np.nan),  # a pair that stands still has no point
                name=name,
                mode="lines+markers",
                line=_line(index, style) | {"width": 3.5 if name == chosen else 1.5},
                marker={"size": 6 if name == chosen else 4},
                hovertemplate=f"{name}<br>pair %{{x}}<br>wavelength %{{y:,.1f}} positions per full turn<extra></extra>",
            )
            for index, (name, values) in enumerate(wavelengths.items())
        ]
    )
    apply_style(figure, style, height=460)
    legend(figure)
    figure.update_xaxes(title={"text": "pair of dimensions"})
    figure.update_yaxes(title={"text": "positions per full turn"})
    log_counts(figure.layout.yaxis)
    _mark(figure, "y", trained, is_log=True, style=style)
    return figure


def _line(index: int, style: Style) -> dict[str, object]:
    """Return a line that no other of the first 24 shares: a color and, once the colors are used up, a dash."""
    return {
        "color": style.kinds[index % N_HUES],
        "dash": _DASHES[index // N_HUES % len(_DASHES)],
        "width": 2,
    }


def _places(titles: Sequence[str]) -> dict[str, int]:
    """Return where among all schemes each stands, so that a line keeps its color whichever others are drawn."""
    all_titles = [scheme.title for scheme in SCHEMES.values()]
    others = iter(range(len(all_titles), len(all_titles) + len(titles)))
    return {title: all_titles.index(title) if title in all_titles else next(others) for title in titles}


def _mark(figure: go.Figure, axis: str, trained: int, *, is_log: bool, style: Style) -> None:
    """Mark the trained length. WARNING: on a logarithmic axis plotly takes a shape's value, but an annotation's log."""
    other = "y" if axis == "x" else "x"
    ends = {f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1, f"{axis}0": trained, f"{axis}1": trained}
    figure.add_shape(type="line", **ends, line={"color": style.text, "width": 1, "dash": "dot"})
    figure.add_annotation(
        **{axis: math.log10(trained) if is_log else trained, other: 1, f"{other}ref": "paper"},
        text=f"trained length {trained:,}",
        showarrow=False,
        xanchor="left" if axis == "x" else "right",
        yanchor="top" if axis == "x" else "bottom",
    )
