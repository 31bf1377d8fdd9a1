"""A lookup drawn as a product: one-hot rows times the table give rows of the table."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32
from plotly.subplots import make_subplots

from embedcore.figures.color_scale import color_axis, signed_range
from embedcore.figures.heat import ROW_HEIGHT, frame_row
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, TOP, apply_style, svg_text, title
from embedcore.figures.token_labels import token_axis

_TITLES: Final = ("one-hot rows", "× table", "= token vectors")
# Where the three parts lie, as shares of the width: the ids of the table's rows stand in the first gap. Small tables
# need room for their numbers.
_DOMAINS: Final = {False: ((0, 0.26), (0.41, 0.67), (0.74, 1)), True: ((0, 0.18), (0.28, 0.61), (0.67, 1))}


def one_hot_product(
    one_hot: Float32[np.ndarray, "n_tokens n_columns"],
    table: Float32[np.ndarray, "n_columns d_model"],
    rows: Float32[np.ndarray, "n_tokens d_model"],
    style: Style,
    *,
    token_labels: Sequence[str],
    row_labels: Sequence[str],
    show_values: bool = False,
    chosen: int | None = None,
) -> go.Figure:
    """Draw one-hot × table = rows. `show_values` writes each number into its cell, for small tables.

    `row_labels` are the ids of the table's rows. The scale's ends are those of `signed_range`. Numbers in cells need
    a picture that is 620 px wide.
    """
    figure = make_subplots(rows=1, cols=3)
    parts = [(one_hot, token_labels, row_labels), (table, row_labels, None), (rows, token_labels, None)]
    for column, (values, y_labels, x_labels) in enumerate(parts, start=1):
        is_one_hot = column == 1
        figure.add_trace(
            go.Heatmap(
                z=np.ascontiguousarray(values, np.float32),
                y=[svg_text(label) for label in y_labels],
                x=None if x_labels is None else list(x_labels),
                xgap=1 if is_one_hot or show_values else 0,
                ygap=1,
                **(_cells_of_one_hot(style) if is_one_hot else {"coloraxis": "coloraxis"}),
                texttemplate="%{z:.4f}" if show_values and not is_one_hot else None,
                hovertemplate="%{y} · %{x}<br>%{z:.4f}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    for column, (name, domain) in enumerate(zip(_TITLES, _DOMAINS[show_values], strict=True), start=1):
        figure.update_xaxes(domain=domain, col=column)
        title(figure, name, column=column)
    n_rows = max(len(token_labels), len(row_labels))
    apply_style(figure, style, height=max(190, TOP + BOTTOM + ROW_HEIGHT * n_rows))
    figure.update_layout(
        coloraxis=color_axis(signed_range(table, rows), style), margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM}
    )
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=5, tickangle=0, title={"text": "dimension"})
    # WARNING: ids are names here. Left to itself plotly reads them as numbers, and cells get widths.
    figure.update_xaxes(
        type="category",
        nticks=len(row_labels) if show_values else 4,
        tickangle=None,
        autotickangles=[0, -60],  # on a phone, where ids would run into each other
        title={"text": "token id"},
        col=1,
    )
    room = figure.layout.height - TOP - BOTTOM
    figure.update_yaxes(token_axis(row_labels, style, room=room), autorange="reversed")
    figure.update_yaxes(token_axis(token_labels, style, room=room, chosen=chosen), col=1)
    figure.update_yaxes(showticklabels=False, col=3)  # the rows of the first strip
    if chosen is not None and chosen < len(token_labels):
        for column in (1, 3):
            frame_row(figure, chosen, column, style)
    return figure


def _cells_of_one_hot(style: Style) -> dict[str, Any]:
    return {"zmin": 0, "zmax": 1, "colorscale": [[0, style.grid], [1, style.text]], "showscale": False}


def row_values(row: Float32[np.ndarray, " d_model"], style: Style, *, position: int) -> go.Figure:
    """Draw one row's values as bars, in the hue of its token's position."""
    figure = go.Figure(
        go.Bar(
            y=np.ascontiguousarray(row, np.float32),
            marker={"color": style.token(position), "line": {"width": 0}},
            hovertemplate="dimension %{x}<br>%{y:.4f}<extra></extra>",
        )
    )
    apply_style(figure, style, height=240)
    figure.update_xaxes(title={"text": "dimension"}, showgrid=False, zeroline=False, range=[-0.6, len(row) - 0.4])
    figure.update_yaxes(title={"text": "value"})
    return figure
