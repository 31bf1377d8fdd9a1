"""Heat strips: one row per token, one column per dimension, signed values in one diverging scale around zero."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32
from plotly.subplots import make_subplots

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_size, check_whole
from embedcore.figures.color_scale import ColorRange, color_axis, signed_range
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, TOP, apply_style, svg_text
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
    figure = make_subplots(
        rows=1,
        cols=len(strips),
        shared_yaxes=True,
        horizontal_spacing=_OPERATOR_GAP if operators else _GAP,
        subplot_titles=[svg_text(title) for title, _ in strips],
    )
    n_rows = len(labels)
    for column, (title, values) in enumerate(strips, start=1):
        figure.add_trace(
            go.Heatmap(
                z=np.ascontiguousarray(values, np.float32),
                y=[svg_text(label) for label in labels],
                coloraxis="coloraxis2" if column <= n_apart else "coloraxis",
                hovertemplate=f"{title}<br>%{{y}} · {column_name} %{{x}}<br>%{{z:.4f}}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    apply_style(figure, style, height=height or max(_LEAST, TOP + BOTTOM + ROW_HEIGHT * min(n_rows, _MOST_ROWS)))
    figure.update_layout(
        coloraxis=color_axis(signed_range(*(values for _, values in strips[n_apart:])), style),
        margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
    )
    if n_apart:
        _own_scale(figure, signed_range(*(values for _, values in strips[:n_apart])), style)
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=5, tickangle=0, automargin=False)
    figure.update_xaxes(title={"text": column_name}, col=1)
    axis = token_axis(labels, style, room=figure.layout.height - TOP - BOTTOM, chosen=chosen)
    figure.update_yaxes(axis, autorange="reversed")
    if chosen is not None and chosen < n_rows:
        for column in range(1, len(strips) + 1):
            frame_row(figure, chosen, column, style)
    for index, operator in enumerate(operators, start=1):
        write_operator(figure, operator, index, style)
    return figure


def _own_scale(figure: go.Figure, colors: ColorRange, style: Style) -> None:
    """Give the first strips a color scale with its bar below their left end; both bars are short, for phones."""
    axis = color_axis(colors, style)
    figure.layout.coloraxis.colorbar.len = _SHORT_BAR
    figure.update_layout(
        coloraxis2=axis | {"colorbar": axis["colorbar"] | {"len": _SHORT_BAR, "x": 0.02, "xanchor": "left"}}
    )


def frame_row(figure: go.Figure, index: int, column: int, style: Style) -> None:
    """Frame row `index` (from 0) of the heat map in `column` (from 1)."""
    number = "" if column == 1 else str(column)
    figure.add_shape(
        type="rect",
        xref=f"x{number} domain",
        yref=f"y{number}",
        x0=0,
        x1=1,
        y0=index - 0.5,
        y1=index + 0.5,
        line={"color": style.chosen, "width": 2},
    )


def write_operator(figure: go.Figure, operator: str, index: int, style: Style, *, at: float = 0.5) -> None:
    """Write `operator` into the gap after strip `index` (from 1), `at` a share of its width."""
    left = figure.layout["xaxis" if index == 1 else f"xaxis{index}"].domain[1]
    right = figure.layout[f"xaxis{index + 1}"].domain[0]
    figure.add_annotation(
        text=operator,
        x=left + (right - left) * at,
        y=0.5,
        xref="paper",
        yref="paper",
        xanchor="center",  # plotly aligns by the place on the paper otherwise
        yanchor="middle",
        showarrow=False,
        font={"size": _OPERATOR},
    )
