"""The whole vocabulary as points: four methods, two maps side by side, how far each may be trusted, the text on it."""

import streamlit as st

from pages.shared import links, notices, widgets
from pages.views.map import box as map_box
from pages.views.map import chart as map_chart
from pages.views.map import clusters as map_crowds
from pages.views.map import colors as map_colors
from pages.views.map import compare as map_compare
from pages.views.map import controls as map_controls
from pages.views.map import found as map_found
from pages.views.map import picked as map_picked
from pages.views.map.drawn import Asked, Drawn, drawn

st.title("Map")
st.markdown(
    "Every row of the table is a point, none left out unless you choose some. Near on a map does not prove near in all dimensions: PCA shows the "
    "directions in which the rows differ most; t-SNE and UMAP keep close rows close, and each map says how far to trust it."
)
asked: Asked | None = None
first: Drawn | None = None
second: Drawn | None = None
with notices.in_place():
    asked = map_controls.asked_map()
    settings = map_chart.settings()
    first = drawn(asked, key="map")
is_compared = widgets.toggle("Compare with a second map", key="compare")
if is_compared and asked is not None:
    with notices.in_place():
        second = drawn(map_controls.asked_map(beside=asked), key="map2")
if first is None or (is_compared and second is None):
    links.wait()  # what is asked of a map that is not computed yet
if first is not None:
    with notices.in_place():
        found = map_found.find(first, has_ties=settings.has_ties)
        second = None if second is None else map_compare.aligned(first, second)
        changes = None if second is None else map_compare.change_colors(first, second)
        map_box.settle([first] if second is None else [first, second])
        map_chart.draw(first, second, settings, found, changes)
        map_picked.draw(first, second)
        if second is not None:
            map_compare.draw(first, second)
        if settings.color == map_colors.CLUSTER:
            map_crowds.draw(first)
        map_chart.explain(first, second)
