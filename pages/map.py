"""The whole vocabulary as points: four methods, two maps side by side, how far each may be trusted, the text on it."""

from pages.shared import links, notices, widgets
from pages.shared.page_head import head
from pages.views.map import box as map_box
from pages.views.map import chart as map_chart
from pages.views.map import cluster_list as map_cluster_list
from pages.views.map import colors as map_colors
from pages.views.map import compare as map_compare
from pages.views.map import controls as map_controls
from pages.views.map import matches as map_matches
from pages.views.map import picked as map_picked
from pages.views.map.shown_map import MapRequest, ShownMap, shown_map

head("Map", "Every row of the table is a point. Near on a map does not prove near in all dimensions.")
request: MapRequest | None = None
first: ShownMap | None = None
second: ShownMap | None = None
with notices.in_place():
    request = map_controls.requested_map()
    settings = map_chart.settings()
    first = shown_map(request, key="map")
is_compared = widgets.toggle("Compare with a second map", key="compare")
if is_compared and request is not None:
    with notices.in_place():
        second = shown_map(map_controls.requested_map(beside=request), key="map2")
if first is None or (is_compared and second is None):
    links.wait()  # the link may ask for things on a map that is not computed yet
if first is not None:
    with notices.in_place():
        matches = map_matches.find(first, has_ties=settings.has_ties)
        second = None if second is None else map_compare.aligned(first, second)
        changes = None if second is None else map_compare.change_colors(first, second)
        map_box.settle([first] if second is None else [first, second])
        map_chart.draw(first, second, settings, matches, changes)
        map_picked.draw(first, second)
        if second is not None:
            map_compare.draw(first, second)
        if settings.color == map_colors.CLUSTER:
            map_cluster_list.draw(first)
        map_chart.explain(first, second)
