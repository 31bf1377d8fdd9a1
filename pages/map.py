"""The whole vocabulary as points: four methods, two maps side by side, how far each may be trusted, the text on it."""

import streamlit as st

from pages.shared import links, notices
from pages.shared.control_row import control_row
from pages.shared.page_head import head
from pages.shared.reading import current_model
from pages.views.map import about as map_about
from pages.views.map import box as map_box
from pages.views.map import chart as map_chart
from pages.views.map import cluster_list as map_cluster_list
from pages.views.map import colors as map_colors
from pages.views.map import compare as map_compare
from pages.views.map import controls as map_controls
from pages.views.map import layers as map_layers
from pages.views.map import matches as map_matches
from pages.views.map import picked as map_picked
from pages.views.map.shown_map import MapRequest, ShownMap, shown_map

head("Map", "Every row of the table is a point on a map.")
row = control_row("map_controls")
request: MapRequest | None = None
beside: map_controls.Beside | None = None
first: ShownMap | None = None
second: ShownMap | None = None
with notices.in_place(), row:
    request = map_controls.requested_map()
with row:
    layers = map_layers.chosen(current_model())
with notices.in_place(), row:
    beside = None if request is None else map_controls.second_map(request)
with row:
    query = map_matches.search(current_model())
with notices.in_place():
    first = None if request is None else shown_map(request, key="map")
with notices.in_place():
    second = None if beside is None else shown_map(beside.request, key="map2")
if first is None or (beside is not None and second is None):
    links.wait()  # the link may ask for things on a map that is not computed yet
if first is not None:
    with notices.in_place():
        place, below = st.container(key="map_place"), st.container()
        maps = [first]
        if beside is not None and second is not None:
            maps.append(map_compare.aligned(first, second) if beside.is_aligned else second)
        with below:
            reading = map_layers.reading_of(layers)
            matches = map_matches.find(first, query, layers.tied)
            map_box.settle(maps)
            map_picked.draw(maps)
        colored = map_compare.colors(layers.color, maps)
        drawing = map_chart.Drawing(layers, matches, reading, colored)
        with place:
            map_chart.draw(maps, drawing)
        map_about.draw(maps, drawing)
        if len(maps) > 1:
            map_compare.draw(*maps)
        if layers.color == map_colors.CLUSTER:
            map_cluster_list.draw(first)
        map_about.explain(maps)
