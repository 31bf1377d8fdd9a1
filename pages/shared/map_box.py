"""A box that was drawn on a map: it lives in the link, and says which tokens lie in it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.grid import Grid
from pages.shared import notices
from pages.shared.map_drawn import LINEAR, Drawn
from pages.shared.map_overlay import Box as DrawnBox

Box = tuple[int, int, int, int]  # x and y, low and high each, in steps of the map's grid
CHARTS: Final = ("map_chart", "map2_chart")


def box_of(index: int, drawn: Drawn) -> Box | None:
    """Return the box on the map at `index`, if the link has one, and it was drawn on this very map."""
    raw = str(st.query_params.get("box", "")).split(",")
    if raw == [""]:
        return None
    try:
        chart, x0, x1, y0, y1 = (int(part) for part in raw[:5])
    except ValueError:
        notices.link_notice("The link's box cannot be read: draw it again.")
        return None
    is_of_this = chart == index and raw[5:] in ([], [_mark(drawn)])
    return (x0, x1, y0, y1) if is_of_this else None


def rows_inside(drawn: Drawn, box: Box) -> Int64[np.ndarray, " n"]:
    """Return the rows of a flat map whose points lie in `box`."""
    steps = Grid.of(drawn.coordinates).steps(drawn.coordinates)
    x0, x1, y0, y1 = box
    inside = (steps[:, 0] >= x0) & (steps[:, 0] <= x1) & (steps[:, 1] >= y0) & (steps[:, 1] <= y1)
    return np.flatnonzero(inside)


def keep(maps: Sequence[Drawn], box: DrawnBox | None) -> None:
    """Put the box that was drawn on one of `maps` into the link, or take it out."""
    if box is None:
        st.query_params.pop("box", None)
        return
    index = CHARTS.index(box.chart)
    ends = ",".join(str(int(np.rint(end))) for end in (*box.x, *box.y))
    st.query_params["box"] = f"{index},{ends},{_mark(maps[index])}"


def _mark(drawn: Drawn) -> str:
    """Return a short mark of a map, the same on every server: the same box on another map holds other tokens."""
    told = {name: value for name, value in drawn.asked.job.items() if name != "model"}  # a path, which a link outlives
    layout = None if drawn.stored is None or drawn.asked.recipe.method in LINEAR else drawn.stored.provenance
    turned = None if drawn.alignment is None else [f"{number:.3g}" for number in drawn.alignment.shift]
    return hashlib.sha256(json.dumps([told, layout, turned], sort_keys=True).encode()).hexdigest()[:6]
