"""What is in sight of a map, and a name for rows that lie on one spot of it."""

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int64, Real

from embedcore.figures.palette import Style
from embedcore.figures.style import svg_text
from embedcore.maps.view import WHOLE_SPACE, View

_SPOT: Final = 0.25  # of the map's larger side: rows that lie closer together than this are on one spot
_MOST: Final = 0.95  # the share of the rows by which a spot is measured


def show_view(figure: go.Figure, whole: View, view: View | None) -> go.Figure:
    """Let a map show `view`; None shows the whole map: the window `whole` of a flat map, or a camera on all of space.

    What the reader's double click shows is the window `whole`, whatever else is drawn. The buttons stand in a column at
    the right, for the legend lies over the top. Returns the same figure.
    """
    figure.update_layout(modebar={"orientation": "v"})
    if len(whole) == len(WHOLE_SPACE):
        figure.update_layout(scene={"camera": _camera(view or whole)})
        return figure
    for axis, (low, high) in {"xaxis": whole[:2], "yaxis": whole[2:]}.items():
        figure.update_layout({axis: {"autorangeoptions": {"minallowed": low, "maxallowed": high}}})
    if view is not None:
        figure.update_layout(xaxis={"range": list(view[:2])}, yaxis={"range": list(view[2:])})
    return figure


def name_spot(
    figure: go.Figure, steps: Real[np.ndarray, "n 2"], rows: Int64[np.ndarray, " m"], name: str, style: Style
) -> bool:
    """Write `name` beside the spot on which `rows` of a flat map lie; say whether they lie on one.

    They do where 95 % of them lie within a square whose side is a quarter of the map's.
    """
    if not len(rows):
        return False
    some = steps[rows].astype(np.float64)
    low, high = np.quantile(some, [(1 - _MOST) / 2, (1 + _MOST) / 2], axis=0)
    side = float(np.ptp(steps.astype(np.float64), axis=0).max())
    if not float((high - low).max()) < _SPOT * side:
        return False
    middle = (low + high) / 2
    figure.add_annotation(
        x=float(middle[0]),
        y=float(high[1]),
        text=svg_text(name).replace(" that ", "<br>that "),
        ax=0,
        ay=-44,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=style.text,
        standoff=2,
        font={"color": style.text, "size": 13, "shadow": style.halo},
    )
    return True


def _camera(view: View) -> dict[str, Any]:
    names = ("eye", "center", "up")
    return {name: dict(zip("xyz", view[3 * place : 3 * place + 3], strict=True)) for place, name in enumerate(names)}
