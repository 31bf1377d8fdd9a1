"""What a map shows of itself, and the name of rows that lie on one spot."""

import numpy as np
import plotly.graph_objects as go

from embedcore.figures.map_view import name_spot, show_view
from embedcore.figures.palette import Style
from embedcore.maps.view import WHOLE_SPACE

STYLE = Style()


def test_a_flat_map_shows_its_whole_window_or_another():
    whole = (-10.0, 20.0, -5.0, 6.0)
    layout = show_view(go.Figure(), whole, None).layout
    assert (layout.xaxis.autorangeoptions.minallowed, layout.yaxis.autorangeoptions.maxallowed) == (-10, 6)
    assert layout.xaxis.range is None
    layout = show_view(go.Figure(), whole, (1.0, 2.0, 3.0, 4.0)).layout
    assert (layout.xaxis.range, layout.yaxis.range) == ((1, 2), (3, 4))
    assert layout.xaxis.autorangeoptions.maxallowed == 20  # what a double click goes back to


def test_a_map_in_space_is_seen_by_a_camera():
    camera = show_view(go.Figure(), WHOLE_SPACE, None).layout.scene.camera
    assert (camera.eye.x, camera.center.z, camera.up.z) == (WHOLE_SPACE[0], WHOLE_SPACE[5], 1)
    camera = show_view(go.Figure(), WHOLE_SPACE, tuple(map(float, range(9)))).layout.scene.camera
    assert (camera.eye.y, camera.center.x, camera.up.z) == (1, 3, 8)


def test_rows_on_one_spot_are_named_and_scattered_ones_are_not():
    random = np.random.default_rng(0)
    steps = np.concatenate((random.normal(0, 10_000, (500, 2)), random.normal(5_000, 300, (500, 2))))
    figure, spot = go.Figure(), np.arange(500, 1_000)
    assert name_spot(figure, steps, spot, "500 rows <that> training never touched", STYLE)
    [name] = figure.layout.annotations
    assert "500 rows &lt;that&gt; training never touched" in name.text
    assert abs(name.x - 5_000) < 100
    assert 5_000 < name.y < 6_500
    for rows in (np.arange(500), np.zeros(0, np.int64)):
        assert not name_spot(figure, steps, rows, "scattered", STYLE)
    assert len(figure.layout.annotations) == 1
