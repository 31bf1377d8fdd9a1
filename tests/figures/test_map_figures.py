"""A whole vocabulary as points: what travels decodes to what was drawn, and fits the wire."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from embedcore.figures.map import Marks, vocabulary_map
from embedcore.figures.palette import Style
from embedcore.figures.text_points import add_text
from embedcore.maps.grid import Grid
from embedcore.maps.point_colors import PointColors, kind_colors, scale_colors

STYLE = Style()
RANDOM = np.random.default_rng(0)


def points(n, n_components, seed=0):
    random = np.random.default_rng(seed)
    stretched = random.normal(size=(n, n_components)) * [3.0, 1.0, 0.2][:n_components]
    return (stretched + 7.0).astype(np.float32)


def decoded(trace, coordinates):
    """Return where a trace's points lie, in float64, from the raster's definition: 65,534 steps along the longest axis."""
    wide = coordinates.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    steps = np.stack([trace[axis] for axis in "xyz"[: wide.shape[1]]], axis=1).astype(np.float64)
    return (steps + 32_767) * unit + wide.min(axis=0), unit


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


@pytest.mark.parametrize("n_components", [2, 3])
def test_what_travels_decodes_to_within_half_a_step(n_components):
    coordinates = points(3000, n_components)
    figure = vocabulary_map(coordinates, STYLE)
    cloud = figure.data[0]
    assert (cloud.name, cloud.type) == ("vocabulary", "scattergl" if n_components == 2 else "scatter3d")
    assert cloud.x.dtype == np.int16
    computed, unit = decoded(cloud, coordinates)
    np.testing.assert_allclose(computed, coordinates, rtol=0, atol=0.501 * unit)
    assert (cloud.text, cloud.customdata, cloud.hoverinfo) == (None, None, "none")


def test_distances_on_a_flat_map_are_distances():
    figure = vocabulary_map(points(50, 2), STYLE)
    assert figure.layout.yaxis.scaleanchor == "x"  # and one unit of the raster for both axes, as decoded
    assert vocabulary_map(points(50, 3), STYLE).layout.scene.aspectmode == "cube"


@pytest.mark.parametrize("n_components", [2, 3])
def test_a_color_is_one_byte_for_each_point(n_components):
    values = RANDOM.normal(size=2000)
    figure = vocabulary_map(points(2000, n_components), STYLE, colors=scale_colors("norm", values))
    cloud, sent = figure.data[0], json.loads(figure.to_json())["data"][0]["marker"]["color"]
    assert (sent["dtype"], len(base64.b64decode(sent["bdata"]))) == ("u1", 2000)
    low, step = values.min(), np.ptp(values) / 250
    np.testing.assert_allclose(
        low + np.frombuffer(base64.b64decode(sent["bdata"]), np.uint8) * step, values, rtol=0, atol=0.501 * step
    )
    bar = cloud.marker.colorbar
    assert (cloud.marker.cmin, cloud.marker.cmax) == (0, 250)
    assert bar.title.text == "norm"
    for code, text in zip(bar.tickvals, bar.ticktext, strict=True):
        assert float(text.replace("−", "-").replace(",", "")) == pytest.approx(
            low + code * step, rel=5e-3, abs=5e-3 * np.ptp(values)
        )


def test_the_whole_vocabulary_fits_the_wire():
    colors = scale_colors("norm", RANDOM.normal(size=50_257))
    sizes = [
        len(vocabulary_map(points(50_257, n_components), STYLE, colors=colors).to_json().encode())
        for n_components in (2, 3)
    ]
    # Two bytes for each axis and one for the color, in base64; plotly spells each "/", one in 64 letters, as six.
    expected = [50_257 * n_bytes * 4 / 3 * (63 + 6) / 64 for n_bytes in (2 * 2 + 1, 3 * 2 + 1)]
    np.testing.assert_allclose(sizes, expected, rtol=0.05, atol=0)
    assert 2 * sizes[0] <= 800_000  # two maps side by side
    assert 2 * sizes[1] <= 1_100_000


@pytest.mark.parametrize("n_components", [2, 3])
def test_the_chosen_point_is_tied_to_its_neighbors(n_components):
    coordinates = points(100, n_components)
    neighbors = np.array([7, 93, 12])
    figure = vocabulary_map(coordinates, STYLE, marks=Marks(chosen=40, neighbors=neighbors))
    ties, unit = decoded(named(figure, "true neighbors"), coordinates)
    np.testing.assert_allclose(ties[0::3], coordinates[[40, 40, 40]], rtol=0, atol=0.501 * unit)
    np.testing.assert_allclose(ties[1::3], coordinates[neighbors], rtol=0, atol=0.501 * unit)
    assert np.isnan(ties[2::3]).all()  # a gap: three lines, not one
    rings, _ = decoded(named(figure, "chosen and neighbors"), coordinates)
    np.testing.assert_allclose(rings, coordinates[[*neighbors, 40]], rtol=0, atol=0.501 * unit)


@pytest.mark.parametrize("token_ids", [None, np.arange(100) * 3 + 5])
def test_what_was_found_is_ringed_with_its_id_and_label(token_ids):
    coordinates, rows = points(100, 2), np.array([3, 60])
    marks = Marks(matches=rows, labels=["<b>a</b>", "b"])
    figure = vocabulary_map(coordinates, STYLE, marks=marks, token_ids=token_ids)
    ring = named(figure, "matches")
    computed, unit = decoded(ring, coordinates)
    np.testing.assert_allclose(computed, coordinates[rows], rtol=0, atol=0.501 * unit)
    assert ring.customdata.tolist() == ([3, 60] if token_ids is None else [14, 185])
    assert list(ring.text) == ["&lt;b&gt;a&lt;/b&gt;", "b"]  # as written, no tag
    assert names_on(figure) == [(*point, text) for point, text in zip(points_of(ring), ring.text, strict=True)]
    assert ring.marker.symbol == "circle-open"


def names_on(figure):
    """Return x, y and text of the names that stand in front of everything on a flat map."""
    return [(name.x, name.y, name.text) for name in figure.layout.annotations]


def points_of(trace):
    return zip(trace.x.tolist(), trace.y.tolist(), strict=True)


def test_many_found_points_are_ringed_without_names():
    rows = np.arange(41)
    figure = vocabulary_map(points(100, 2), STYLE, marks=Marks(matches=rows, labels=[str(row) for row in rows]))
    assert named(figure, "matches").mode == "markers"
    assert names_on(figure) == []
    few = vocabulary_map(points(100, 2), STYLE, marks=Marks(matches=rows[:40], labels=["x"] * 40))
    assert [text for _, _, text in names_on(few)] == ["x"] * 40


def test_a_box_is_drawn_where_it_was_drawn():
    [box] = vocabulary_map(points(100, 2), STYLE, marks=Marks(box=(-100, 2500, -32_767, 0))).layout.shapes
    assert (box.type, box.x0, box.x1, box.y0, box.y1) == ("rect", -100, 2500, -32_767, 0)
    assert not vocabulary_map(points(100, 3), STYLE, marks=Marks(box=(-100, 2500, -32_767, 0))).layout.shapes
    assert not vocabulary_map(points(100, 2), STYLE).layout.shapes


@pytest.mark.parametrize("n_components", [2, 3])
def test_ticks_say_true_coordinates(n_components):
    coordinates = points(500, n_components)
    figure = vocabulary_map(coordinates, STYLE, titles=["one", "two", "three"][:n_components])
    axes = figure.layout if n_components == 2 else figure.layout.scene
    for index, name in enumerate("xyz"[:n_components]):
        axis = axes[f"{name}axis"]
        assert axis.title.text == ["one", "two", "three"][index]
        assert len(axis.tickvals) >= 2
        wide = coordinates.astype(np.float64)
        unit = np.ptp(wide, axis=0).max() / 65_534
        places = (np.array(axis.tickvals) + 32_767) * unit + wide[:, index].min()
        said = [float(text.replace("−", "-")) for text in axis.ticktext]
        np.testing.assert_allclose(places, said, rtol=0, atol=unit)
        assert wide[:, index].min() <= min(said)
        assert max(said) <= wide[:, index].max()


@pytest.mark.parametrize("n_components", [2, 3])
def test_a_layout_has_neither_titles_nor_ticks(n_components):
    figure = vocabulary_map(points(500, n_components), STYLE)
    axes = figure.layout if n_components == 2 else figure.layout.scene
    for name in "xyz"[:n_components]:
        axis = axes[f"{name}axis"]
        assert (axis.title.text, axis.tickmode, list(axis.tickvals), list(axis.ticktext)) == ("", "array", [], [])


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("n_components", [2, 3])
def test_the_legend_names_six_kinds_and_one_for_the_rest(mode, n_components):
    style = Style(mode)
    kinds = np.repeat(np.arange(8), [30, 20, 10, 9, 8, 7, 6, 5])
    colors = kind_colors("script", RANDOM.permutation(kinds), [f"kind {index}" for index in range(8)])
    figure = vocabulary_map(points(len(kinds), n_components), style, colors=colors)
    legend = [(trace.name, trace.marker.color) for trace in figure.data if trace.showlegend]
    hues = [*style.kinds, style.quiet]
    assert legend == list(zip([*(f"kind {index}" for index in range(6)), "other"], hues, strict=True))
    assert figure.layout.showlegend
    assert all(list(trace.x) == [None] for trace in figure.data if trace.showlegend)  # a sign, no point
    marker = figure.data[0].marker
    assert not marker.showscale
    for code in range(8):  # what a point is painted: the scale's color at its code
        share = (code - marker.cmin) / (marker.cmax - marker.cmin)
        color = [color for at, color in marker.colorscale if at <= share][-1]
        assert color == (style.kinds[code] if code < 6 else style.quiet)


def test_hues_in_turn_have_no_name_in_the_legend():
    colors = PointColors("cluster", np.arange(7, dtype=np.uint8), words=("",) * 6 + ("other",))
    figure = vocabulary_map(points(7, 2), STYLE, colors=colors)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["other"]
    plain = vocabulary_map(points(7, 2), STYLE)
    assert plain.data[0].marker.color == STYLE.quiet
    assert not plain.layout.showlegend


def test_a_map_of_one_point_repeated_still_draws():
    figure = vocabulary_map(np.ones((4, 3), np.float32), STYLE, marks=Marks(matches=np.array([1]), labels=["b"]))
    assert [trace.name for trace in figure.data] == ["vocabulary", "matches"]
    assert set(figure.data[0].x.tolist()) == {-32_767}


def test_a_text_lies_on_the_maps_raster(pydoc):
    coordinates = pydoc.table[:, :2].copy()
    figure, layer = vocabulary_map(coordinates, STYLE), pydoc.run([5, 9, 5])
    add_text(
        figure,
        Grid.of(coordinates),
        lambda vectors: vectors[:, :2].astype(np.float32),
        layer,
        ["0 a", "1 b", "2 a"],
        STYLE,
        show_positions=True,
    )
    for name, vectors in (
        ("token vectors", layer.token_embeddings[0]),
        ("input vectors", layer.input_embeddings[0]),
        ("positions", layer.position_embeddings),
    ):
        trace = named(figure, name)
        assert isinstance(trace, go.Scattergl)  # a scatter trace would lie behind the map's points
        points, unit = decoded(trace, coordinates)
        np.testing.assert_allclose(points, vectors[:, :2], rtol=0, atol=0.01 * unit)  # placed, not rounded to a step
    inputs = named(figure, "input vectors")
    assert inputs.mode == "markers"
    beside = [(*point, text) for point, text in zip(points_of(inputs), ["a", "b", "a"], strict=True)]
    assert names_on(figure)
    assert set(names_on(figure)) <= set(beside)
