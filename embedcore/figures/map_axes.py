"""The axes of a map: their titles, and the true coordinates of points that are stored as steps of a raster."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32, Real

from embedcore.figures.palette import Style
from embedcore.figures.style import SMALL, number, space_text, svg_text
from embedcore.maps.grid import Grid
from embedcore.maps.linear import LinearProjection

_ABOVE: Final[Mapping[str, Any]] = {"yanchor": "bottom", "yshift": 4}


def component_titles(projection: LinearProjection, components: Sequence[int] | None = None) -> tuple[str, ...]:
    """Return "PC 1 · 24.1% of variance" for each component; `components`, from 0, where they are not the first."""
    numbers = range(projection.n_components) if components is None else components
    return tuple(
        f"PC {number + 1} · {share:.1%} of variance"
        for number, share in zip(numbers, projection.explained_variance_ratio, strict=True)
    )


def name_axes(
    figure: go.Figure,
    coordinates: Float32[np.ndarray, "n n_components"],
    titles: Sequence[str],
    grid: Grid | None = None,
) -> None:
    """Title the axes and write true coordinates where points lie on a `grid`; without titles a map has no axes."""
    axes = named_axes(coordinates, titles, grid)
    figure.update_layout({"scene": axes} if coordinates.shape[1] == 3 else axes)


def named_axes(
    coordinates: Float32[np.ndarray, "n n_components"], titles: Sequence[str], grid: Grid | None = None
) -> dict[str, dict[str, Any]]:
    """Return the same axes, parts of a layout or of its scene."""
    n_components = coordinates.shape[1]
    written = svg_text if n_components == 2 else space_text
    axes = {}
    for index in range(n_components):
        values = coordinates[:, index]
        ticks = _round_numbers(float(values.min()), float(values.max())) if titles else []
        axes[f"{'xyz'[index]}axis"] = {
            "title": {"text": written(titles[index]) if titles else ""},
            "zeroline": False,  # zero of the grid is its middle
            "tickmode": "array",
            "tickvals": ticks if grid is None else grid_ticks(grid, index, ticks),
            "ticktext": [number(tick, 6) for tick in ticks],
        }
    return axes


def written_names(
    points: Real[np.ndarray, "n 2"],
    names: Sequence[str],
    style: Style,
    places: Sequence[Mapping[str, Any] | None] = (),
) -> list[dict[str, Any]]:
    """Return names (as `svg_text` gives them) beside points of a flat map, as annotations of a layout.

    They stand in front of all that the map draws, and have a halo.

    `places` are their anchors and shifts, None for a name that is left out; by default each stands above its point.

    scattergl writes a text letter by letter from the left, so Arabic would stand reversed; a scatter trace lies behind
    every scattergl trace, so the points of the map would hide it.
    """
    font = {"size": SMALL, "shadow": style.halo}
    return [
        {"x": x, "y": y, "text": name, "showarrow": False, "borderpad": 0, "font": font, **place}
        for (x, y), name, place in zip(points.tolist(), names, places or [_ABOVE] * len(names), strict=True)
        if place is not None
    ]


def grid_ticks(grid: Grid, index: int, ticks: Sequence[float]) -> list[float]:
    """Return where values of one axis lie on a raster."""
    points = np.tile(grid.origin, (len(ticks), 1))
    points[:, index] = ticks
    return [float(step) for step in grid.place(points)[:, index]] if ticks else []


def xyz(points: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of points [n, 2 or 3] as a trace takes them."""
    return {axis: np.ascontiguousarray(points[:, index]) for index, axis in enumerate("xyz"[: points.shape[1]])}


def _round_numbers(low: float, high: float) -> list[float]:
    """Return about eight round numbers from `low` to `high`."""
    rough = max(high - low, 1e-30) / 8
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]
