"""Heat strips: one row per token, one column per dimension, signed values in one diverging scale around zero."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32
from plotly.subplots import make_subplots

from embedcore.checks.given import Size, check_all_there
from embedcore.checks.sizes import check_size, check_whole
from embedcore.figures.style import Style, apply_style, svg_text

ROW_HEIGHT = 26


def heat_strips(
    strips: Sequence[tuple[str, Float32[np.ndarray, "n_rows _"]]],
    labels: Sequence[str],
    style: Style,
    *,
    operators: Sequence[str] = (),
    chosen: Size | None = None,
    column_name: str = "dimension",
) -> go.Figure:
    """Draw matrices of the same rows side by side on one shared color scale.

    `strips` are (title, [n_rows, n_columns]); `labels` name the rows, each once; `operators` stand between the strips
    ("+", "="); `chosen` frames one row. Values are drawn as they are: callers cap rows and columns, and say so.
    """
    check_size(1, n_strips=len(strips))
    for title, values in strips:
        check_all_there(f"labels of {title}", len(labels), len(values))
    if chosen is not None:
        check_whole(chosen=chosen)
    limit = max((float(np.abs(values).max()) for _, values in strips if values.size), default=0.0) or 1.0
    figure = make_subplots(
        rows=1,
        cols=len(strips),
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=[title for title, _ in strips],
    )
    n_rows = len(labels)
    for column, (title, values) in enumerate(strips, start=1):
        figure.add_trace(
            go.Heatmap(
                z=np.ascontiguousarray(values, np.float32),
                y=[svg_text(label) for label in labels],
                coloraxis="coloraxis",
                hovertemplate=f"{title}<br>%{{y}} · {column_name} %{{x}}<br>%{{z:.4f}}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    apply_style(figure, style, height=max(150, 78 + ROW_HEIGHT * min(n_rows, 40)))
    figure.update_layout(
        coloraxis={
            "colorscale": style.diverging,
            "cmin": -limit,
            "cmax": limit,
            "colorbar": {"thickness": 10, "outlinewidth": 0, "len": 1.0, "x": 1.01, "nticks": 5},
        },
        margin={"l": 8, "r": 8, "t": 30, "b": 30},
    )
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=6)
    figure.update_yaxes(
        ticks="",
        autorange="reversed",
        showgrid=False,
        zeroline=False,
        type="category",
    )
    if chosen is not None and chosen < n_rows:
        for column in range(1, len(strips) + 1):
            frame_row(figure, chosen, column, style)
    for index, operator in enumerate(operators, start=1):
        write_operator(figure, operator, index, style)
    return figure


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
        line={"color": style.accent, "width": 2},
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
        showarrow=False,
        font={"size": 24, "color": style.text},
    )
