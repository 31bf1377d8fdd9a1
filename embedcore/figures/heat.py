"""Heat strips: one row per token, one column per dimension, signed values in one diverging scale around zero."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_size, check_whole
from embedcore.figures.color_scale import color_axis, signed_range
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, LARGE, TOP, axis_name, framed, svg_text
from embedcore.figures.token_labels import token_axis

ROW_HEIGHT: Final = 26  # px
EQUAL_HEIGHT: Final = 460  # px: of charts that stand side by side
HALF_HEIGHT: Final = 230  # px: of two that stand one above the other beside such a one
_LEAST: Final = 150
_SHORT_BAR: Final = 110  # px: of two color bars below one picture
_MOST_ROWS: Final = 40
_GAP, _OPERATOR_GAP = 0.03, 0.075  # shares of the width
_OPERATOR: Final = 26  # px


def heat_strips(
    strips: Sequence[tuple[str, Float32[np.ndarray, "n_rows _"]]],
    labels: Sequence[str],
    style: Style,
    *,
    operators: Sequence[str] = (),
    chosen: Size | None = None,
    column_name: str = "dimension",
    height: int | None = None,
    n_apart: int = 0,
) -> go.Figure:
    """Draw matrices of the same rows side by side on one shared color scale; the first `n_apart` on one of their own.

    `strips` are (title, [n_rows, n_columns]); `labels` name the rows, each once; `operators` stand between the strips
    ("+", "="); `chosen` frames one row; `height` is in pixels, by default that of the rows. The scale's ends are those
    of `signed_range`. Callers cap rows and columns, and say so.
    """
    check_size(1, n_strips=len(strips))
    for title, values in strips:
        check_all_there(f"labels of {title}", len(labels), len(values))
    if chosen is not None:
        check_whole(chosen=chosen)
    n_rows, height = len(labels), height or max(_LEAST, TOP + BOTTOM + ROW_HEIGHT * min(len(labels), _MOST_ROWS))
    rows = [svg_text(label) for label in labels]
    maps = [
        go.Heatmap(
            z=np.ascontiguousarray(values, np.float32),
            y=rows,
            xaxis=axis_name("x", column),
            yaxis=axis_name("y", column),
            coloraxis="coloraxis2" if column <= n_apart else "coloraxis",
            hovertemplate=f"{title}<br>%{{y}} · {column_name} %{{x}}<br>%{{z:.4f}}<extra></extra>",
        )
        for column, (title, values) in enumerate(strips, start=1)
    ]
    domains = _domains(len(strips), _OPERATOR_GAP if operators else _GAP)
    row_axis = token_axis(labels, style, room=height - TOP - BOTTOM, chosen=chosen) | {"autorange": "reversed"}
    layout = _axes(domains, row_axis, column_name)
    layout["annotations"] = [
        *(_name_of(title, domain) for (title, _), domain in zip(strips, domains, strict=True)),
        *(_operator(one, left, right) for one, (left, right) in zip(operators, pairwise(domains), strict=False)),
    ]
    if chosen is not None and chosen < n_rows:
        layout["shapes"] = [row_frame(chosen, column, style) for column in range(1, len(strips) + 1)]
    layout["coloraxis"] = color_axis(signed_range(*(values for _, values in strips[n_apart:])), style)
    if n_apart:
        _own_scale(layout, color_axis(signed_range(*(values for _, values in strips[:n_apart])), style))
    # One layout, given at once: plotly takes 100 ms for the same in a dozen updates.
    return go.Figure(maps, framed(layout, style, height=height) | {"margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM}})


def _domains(n_strips: int, gap: float) -> list[tuple[float, float]]:
    """Return where each strip lies, in shares of the width."""
    width = (1 - gap * (n_strips - 1)) / n_strips
    return [(index * (width + gap), index * (width + gap) + width) for index in range(n_strips)]


def _axes(domains: Sequence[tuple[float, float]], row_axis: dict[str, Any], column_name: str) -> dict[str, Any]:
    """Return the axes of all strips, whose rows are those of the first."""
    axes: dict[str, Any] = {}
    for column, domain in enumerate(domains, start=1):
        across = {"domain": domain, "anchor": axis_name("y", column), "title": {"text": column_name}}
        down: dict[str, Any] = {"domain": (0, 1), "anchor": axis_name("x", column)}
        if column > 1:
            del across["title"]
            down |= {"matches": "y", "showticklabels": False}
        ticks = {"showgrid": False, "zeroline": False, "nticks": 5, "tickangle": 0, "automargin": False}
        axes[axis_name("xaxis", column)] = across | ticks
        axes[axis_name("yaxis", column)] = down | row_axis
    return axes


def _own_scale(layout: dict[str, Any], axis: dict[str, Any]) -> None:
    """Give the first strips a color scale with its bar below their left end; both bars are short, for phones."""
    layout["coloraxis"]["colorbar"]["len"] = _SHORT_BAR
    layout["coloraxis2"] = axis | {"colorbar": axis["colorbar"] | {"len": _SHORT_BAR, "x": 0.02, "xanchor": "left"}}


def _name_of(title: str, domain: tuple[float, float]) -> dict[str, Any]:
    """Return the title of a strip, over its middle."""
    return {
        "text": svg_text(title), "x": sum(domain) / 2, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "center",
        "yanchor": "bottom", "showarrow": False, "font": {"size": LARGE},
    }  # fmt: skip


def _operator(operator: str, left: tuple[float, float], right: tuple[float, float]) -> dict[str, Any]:
    """Return an operator in the middle of the gap between two strips."""
    return {
        "text": operator,
        "x": (left[1] + right[0]) / 2,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "center",  # plotly aligns by the place on the paper otherwise
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": _OPERATOR},
    }


def row_frame(index: int, column: int, style: Style) -> dict[str, Any]:
    """Return the frame of row `index` (from 0) of the heat map in `column` (from 1), one of a layout's shapes."""
    return {
        "type": "rect",
        "xref": f"{axis_name('x', column)} domain",
        "yref": axis_name("y", column),
        "x0": 0,
        "x1": 1,
        "y0": index - 0.5,
        "y1": index + 0.5,
        "line": {"color": style.chosen, "width": 2},
    }
