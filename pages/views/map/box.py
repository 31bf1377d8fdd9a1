"""A box that was drawn on a map: it is kept in the link, and selects the tokens that lie in it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.maps.grid import Grid
from embedcore.maps.methods import METHODS
from pages.shared import links, notices
from pages.views.map.overlay.overlay import Box as DrawnBox
from pages.views.map.shown_map import ShownMap

Box = tuple[int, int, int, int]  # lowest x, highest x, lowest y, highest y, in steps of the map's grid
CHARTS: Final = ("map_chart", "map2_chart")
_BOX: Final = "_box"


def settle(maps: Sequence[ShownMap]) -> None:
    """Take the box that the link asks for; let go of one that was drawn on none of `maps`, as they are drawn now."""
    linked = links.requested("box")
    if linked is not None or links.is_back():
        st.session_state[_BOX] = linked
    box = st.session_state.setdefault(_BOX, None)
    if box is not None and int(box[0]) >= len(maps) and links.is_waiting():
        return  # of a map that is not computed yet
    if box is not None and all(box_of(index, shown_map) is None for index, shown_map in enumerate(maps)):
        if linked is not None:
            notices.link_notice("The box was drawn on another map than the one that is shown: draw it again.")
        box = st.session_state[_BOX] = None
    links.shows("box", box)


def box_of(index: int, shown_map: ShownMap) -> Box | None:
    """Return the box on the flat map at `index`, if there is one, and it was drawn on this very map."""
    chart, *ends = (st.session_state.get(_BOX) or "").split(",")
    if chart != str(index) or shown_map.coordinates.shape[1] != 2 or ends[4:] not in ([], [_mark(shown_map)]):
        return None
    x0, x1, y0, y1 = map(int, ends[:4])
    return x0, x1, y0, y1


def rows_inside(shown_map: ShownMap, box: Box) -> Int64[np.ndarray, " n"]:
    """Return the rows of a flat map whose points lie in `box`."""
    steps = Grid.of(shown_map.coordinates).steps(shown_map.coordinates)
    x0, x1, y0, y1 = box
    inside = (steps[:, 0] >= x0) & (steps[:, 0] <= x1) & (steps[:, 1] >= y0) & (steps[:, 1] <= y1)
    return np.flatnonzero(inside)


def keep(maps: Sequence[ShownMap], box: DrawnBox | None) -> None:
    """Keep the box that was drawn on one of `maps`, or that none is; to be called back, before the page is drawn."""
    if box is None:
        st.session_state[_BOX] = None
        return
    index = CHARTS.index(box.chart)
    ends = ",".join(str(round(end)) for end in (*box.x, *box.y))
    st.session_state[_BOX] = f"{index},{ends},{_mark(maps[index])}"


def _mark(shown_map: ShownMap) -> str:
    """Return a short mark of a map, the same on every server: the same box on another map holds other tokens."""
    values = shown_map.request.job.values()
    del values["model"]  # a path, which a link outlives
    provenance = (
        None
        if shown_map.stored is None or METHODS[shown_map.request.recipe.method].has_axes
        else shown_map.stored.provenance
    )
    turned = None if shown_map.alignment is None else [f"{number:.3g}" for number in shown_map.alignment.shift]
    return hashlib.sha256(json.dumps([values, provenance, turned], sort_keys=True).encode()).hexdigest()[:6]
