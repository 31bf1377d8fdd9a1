"""A lookup drawn as a product: one-hot rows times the table give rows of the table."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32

from embedcore.figures.color_scale import color_axis, signed_range
from embedcore.figures.heat import ROW_HEIGHT, row_frame
from embedcore.figures.palette import Style
from embedcore.figures.style import BOTTOM, TOP, apply_style, axis_name, framed, svg_text, title_over
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
    parts = [(one_hot, token_labels, row_labels), (table, row_labels, None), (rows, token_labels, None)]
    maps = [
        go.Heatmap(
            z=np.ascontiguousarray(values, np.float32),
            y=[svg_text(label) for label in y_labels],
            x=None if x_labels is None else list(x_labels),
            xaxis=axis_name("x", column),
            yaxis=axis_name("y", column),
            xgap=1 if column == 1 or show_values else 0,
            ygap=1,
            **(_cells_of_one_hot(style) if column == 1 else {"coloraxis": "coloraxis"}),
            texttemplate="%{z:.4f}" if show_values and column > 1 else None,
            hovertemplate="%{y} · %{x}<br>%{z:.4f}<extra></extra>",
        )
        for column, (values, y_labels, x_labels) in enumerate(parts, start=1)
    ]
    height = max(190, TOP + BOTTOM + ROW_HEIGHT * max(len(token_labels), len(row_labels)))
    room = height - TOP - BOTTOM
    of_tokens = token_axis(token_labels, style, room=room, chosen=chosen) | {"autorange": "reversed"}
    of_rows = token_axis(row_labels, style, room=room) | {"autorange": "reversed"}
    across = {"showgrid": False, "zeroline": False, "nticks": 5, "tickangle": 0, "title": {"text": "dimension"}}
    ids = {
        "type": "category",  # WARNING: else plotly reads ids as numbers, and cells get widths
        "nticks": len(row_labels) if show_values else 4,
        "tickangle": None,
        "autotickangles": [0, -60],  # on a phone, where ids would run into each other
        "title": {"text": "token id"},
    }
    framed_row = None if chosen is None or chosen >= len(token_labels) else chosen
    third = of_rows | {"showticklabels": False}  # its rows are those of the first strip
    layout: dict[str, Any] = {
        "coloraxis": color_axis(signed_range(table, rows), style),
        "margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        "annotations": [title_over(name, column) for column, name in enumerate(_TITLES, start=1)],
        "shapes": [] if framed_row is None else [row_frame(framed_row, column, style) for column in (1, 3)],
    }
    domains = _DOMAINS[show_values]
    for column, domain, x, y in zip((1, 2, 3), domains, (ids, {}, {}), (of_tokens, of_rows, third), strict=True):
        layout[axis_name("xaxis", column)] = across | x | {"domain": domain, "anchor": axis_name("y", column)}
        layout[axis_name("yaxis", column)] = y | {"domain": (0, 1), "anchor": axis_name("x", column)}
    # One layout, given at once: plotly takes 100 ms for the same in a dozen updates.
    return go.Figure(maps, framed(layout, style, height=height))


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
