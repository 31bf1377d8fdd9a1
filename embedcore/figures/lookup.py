"""A lookup drawn as a product: one-hot rows times the table give rows of the table."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32
from plotly.subplots import make_subplots

from embedcore.figures.heat import ROW_HEIGHT, frame_row, write_operator
from embedcore.figures.style import Style, apply_style, svg_text, token_color


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
    """Draw one-hot × table = rows. `show_values` writes each number into its cell, for small tables."""
    figure = make_subplots(rows=1, cols=3, horizontal_spacing=0.09, subplot_titles=["one-hot", "table", "token"])
    limit = float(np.abs(table).max()) or 1.0
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
                zmin=0 if is_one_hot else -limit,
                zmax=1 if is_one_hot else limit,
                colorscale=[[0, style.grid], [1, style.text]] if is_one_hot else style.diverging,
                showscale=column == 3,
                colorbar={"thickness": 10, "outlinewidth": 0, "x": 1.01, "nticks": 5},
                texttemplate="%{z:.4f}" if show_values and not is_one_hot else None,
                hovertemplate="%{y} · %{x}<br>%{z:.4f}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    apply_style(figure, style, height=max(190, 90 + ROW_HEIGHT * max(len(token_labels), len(row_labels))))
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=6)
    # WARNING: ids are names here. Left to itself plotly reads them as numbers, and cells get widths.
    figure.update_xaxes(
        type="category", showticklabels=len(row_labels) <= 16, tickangle=0 if show_values else -60, col=1
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, zeroline=False, ticks="")
    figure.update_yaxes(showticklabels=False, col=3)  # the rows of the first strip
    if chosen is not None and chosen < len(token_labels):
        for column in (1, 3):
            frame_row(figure, chosen, column, style)
    for index, operator in enumerate("×="):
        write_operator(figure, operator, index + 1, style, at=0.18)
    return figure


def row_values(row: Float32[np.ndarray, " d_model"], style: Style, *, position: int) -> go.Figure:
    """Draw one row's values as bars, in the color of its token's position."""
    figure = go.Figure(
        go.Bar(
            y=np.ascontiguousarray(row, np.float32),
            marker={"color": token_color(position), "line": {"width": 0}},
            hovertemplate="dimension %{x}<br>%{y:.4f}<extra></extra>",
        )
    )
    apply_style(figure, style, height=240)
    figure.update_xaxes(title="dimension", showgrid=False)
    figure.update_yaxes(title="value")
    return figure
