"""What is in sight of each map: it stands in the link, and stays through every run that draws the same map.

The browser writes it into the address while the reader moves. A chart is drawn anew only where something else of it has
changed, or another view is wanted: until then it keeps what is in sight by itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.figures.map_view import show_view
from embedcore.maps.grid import Grid
from embedcore.maps.view import WHOLE_SPACE, WITHOUT_AXES, View, around, is_view, window
from pages.shared import links, notices
from pages.shared.parameter import Kind, value_of
from pages.shared.pictures import Figure
from pages.views.map.shown_map import ShownMap

NAMES: Final = {"map_chart": "zoom", "map2_chart": "zoom2"}  # of the view of each chart in the address
_DRAWN: Final = "_zoom_drawn"
_TARGETS: Final = "_zoom_targets"
_SEEN: Final = "_zoom_seen"  # chart → what the browser has told of it since it was drawn, as it stands in the address


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a chart was drawn last: of which map, with what on it, showing what, and how many views had been wanted by then."""

    map_key: str
    content: str
    view: View | None
    number: int


def look_at(chart: str, view: View | None) -> None:
    """Show `view` of a map, or the whole map; to be called back, before the page is drawn."""
    st.session_state.setdefault(_TARGETS, {})[chart] = view
    st.session_state.setdefault(_SEEN, {}).pop(chart, None)


def note(views: Mapping[str, str]) -> None:
    """Note what is in sight of the charts that the reader has moved in; to be called back."""
    st.session_state.setdefault(_SEEN, {}).update(views)


def look_near(chart: str, shown_map: ShownMap, token_ids: Int64[np.ndarray, " n"]) -> None:
    """Show those tokens of a map near, one or more; to be called back, before the page is drawn."""
    look_at(chart, around(shown_map.steps, shown_map.request.space.rows(token_ids)))


def look_at_whole(chart: str) -> None:
    """Show the whole map; to be called back, before the page is drawn."""
    look_at(chart, None)


def show(figure: Figure, chart: str, shown_map: ShownMap, home: View) -> View | None:
    """Let the figure of a map, which is else complete, show what the reader has in sight of it; at first, its `home`.

    Return what the chart is drawn with; None is its home.
    """
    before: dict[str, _Drawn] = st.session_state.setdefault(_DRAWN, {})
    last, targets = before.get(chart), st.session_state.setdefault(_TARGETS, {})
    is_new = chart in targets or links.is_back() or links.requested(NAMES[chart]) is not None
    map_key = f"{shown_map.key} {shown_map.alignment is not None}"
    view = targets.pop(chart) if chart in targets else _standing(chart, shown_map, last, map_key)
    links.shows(NAMES[chart], view)
    content = hashlib.sha256(figure.to_json().encode()).hexdigest()
    number = 0 if last is None else last.number
    if last is not None and not is_new and last.content == content:
        view = last.view
    elif is_new:
        number += 1
    before[chart] = _Drawn(map_key, content, view, number)
    show_view(figure, home, view)
    figure.update_layout(meta=number)  # the same figure again would stay as the reader has left it
    return view


def whole(shown_map: ShownMap, *others: np.ndarray) -> View:
    """Return the view of a whole map, and of `others`, vectors that are drawn on it as well."""
    if shown_map.coordinates.shape[1] == 3:
        return WHOLE_SPACE if shown_map.titles else WITHOUT_AXES
    grid = Grid.of(shown_map.coordinates)
    return window(shown_map.steps, *(grid.place(shown_map.place(vectors)) for vectors in others))


def _standing(chart: str, shown_map: ShownMap, last: _Drawn | None, map_key: str) -> View | None:
    """Return the view that the address has, if it is one of this map; after a visit to another page, the last one here."""
    name, seen = NAMES[chart], st.session_state.setdefault(_SEEN, {})
    linked = links.requested(name)
    is_other_map = last is not None and last.map_key != map_key
    if linked is not None or links.is_back() or is_other_map:
        seen.pop(chart, None)
    raw = linked or seen.get(chart, links.standing(name))
    if raw is None and last is not None and not is_other_map and not links.is_back():
        return last.view
    if not raw or (linked is None and is_other_map):
        return None
    numbers: View = value_of(Kind.NUMBERS, [raw])
    if is_view(numbers, shown_map.coordinates.shape[1]):
        return numbers
    if linked is not None:
        notices.link_notice("The link shows a part of a map with another number of dimensions: here is the whole map.")
    return None
