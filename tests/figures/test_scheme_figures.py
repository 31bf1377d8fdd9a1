"""Pictures of schemes: what is drawn is what was given, cells and points are capped, and the cap loses no end."""

import numpy as np
import pytest

from embedcore.figures.clock import clock_hands
from embedcore.figures.color_scale import ColorRange
from embedcore.figures.decay import (
    DEEPEST_SHARE,
    MAX_DISTANCES,
    decay_columns,
    decay_lines,
    drawn_distances,
    is_cut,
    lowest_drawn,
    wavelength_lines,
)
from embedcore.figures.palette import Style
from embedcore.figures.scores import MAX_TOKENS, drawn_tokens, score_map

STYLE = Style()


def lightness(color):
    """Return the relative luminance of a #rrggbb color (WCAG 2)."""
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("n", [1, 2, 95, 96, 97, 1024])
def test_tokens_are_drawn_evenly_with_both_ends(n):
    drawn = drawn_tokens(n)
    assert len(drawn) == min(n, MAX_TOKENS)
    assert (drawn[0], drawn[-1]) == (0, n - 1)
    assert set(np.diff(drawn)) <= {max(1, n // MAX_TOKENS), max(1, n // MAX_TOKENS) + 1}


def test_a_score_map_draws_its_cells_and_frames_the_query():
    values = np.arange(200 * 200, dtype=np.float32).reshape(200, 200)
    labels = [f"{index} x" for index in range(200)]
    figure = score_map(values, labels, STYLE, colors=ColorRange(9.0), chosen=199)
    drawn = drawn_tokens(200)
    np.testing.assert_array_equal(figure.data[0].z, values[np.ix_(drawn, drawn)])
    assert list(figure.data[0].x) == [labels[index] for index in drawn]
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-9, 9)
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (MAX_TOKENS - 1.5, MAX_TOKENS - 0.5)
    assert score_map(values, labels, STYLE, is_share=True).layout.coloraxis.cmin == 0
    assert score_map(values, labels, STYLE, chosen=1).layout.shapes == ()  # a row that is not drawn


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_shares_are_drawn_on_a_scale_that_only_grows_away_from_the_page(mode):
    style = Style(mode)
    lights = [lightness(color) for _, color in style.sequential]
    steps = np.diff(lights)
    assert (steps < 0).all() if mode == "light" else (steps > 0).all()
    assert abs(lights[0] - lightness(style.paper)) < 0.07


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("n", [1, 2, 4097, 8192, 8193, 200_000])
def test_distances_are_capped_with_both_ends(n, is_log):
    drawn = drawn_distances(n, is_log=is_log)
    assert len(drawn) <= MAX_DISTANCES
    assert len(np.unique(drawn)) == len(drawn)
    if n > 1:
        assert (drawn[0], drawn[-1]) == (int(is_log), n - 1)
    if n <= MAX_DISTANCES:
        assert len(drawn) == n - int(is_log)


def test_lines_are_told_apart_by_color_and_dash_and_marked_where_training_ended():
    curves = {f"scheme {index}": np.linspace(0, -index, 30).astype(np.float32) for index in range(18)}
    figure = decay_lines(curves, STYLE, trained=10, is_log=True, lowest=-4.0)
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 18
    np.testing.assert_array_equal(figure.data[5].y, curves["scheme 5"][1:])
    assert figure.layout.yaxis.range[0] == -4
    # On a logarithmic axis plotly takes a shape's own value, but the power of ten of an annotation.
    assert figure.layout.shapes[0].x0 == 10
    assert figure.layout.annotations[0].x == 1
    assert decay_lines(curves, STYLE, trained=10).layout.annotations[0].x == 10


def test_wavelengths_are_drawn_on_a_logarithmic_axis_with_the_trained_length():
    waves = {"none": np.array([6.28, 62.8]), "linear": np.array([12.6, 126.0])}
    figure = wavelength_lines(waves, STYLE, trained=100, chosen="linear")
    assert [trace.name for trace in figure.data] == list(waves)
    assert figure.data[1].line.width > figure.data[0].line.width
    assert figure.layout.yaxis.type == "log"
    assert (figure.layout.shapes[0].y0, figure.layout.annotations[0].y) == (100, 2)


def test_a_clock_has_a_point_a_token_in_its_color_and_a_hand():
    angles = np.arange(5)[None, :] * np.array([[1.0], [0.1]])
    points = np.stack((np.cos(angles), np.sin(angles)), axis=2).astype(np.float32)
    labels = [f"{index} x" for index in range(5)]
    figure = clock_hands(points, np.array([0, 3]), np.array([6.28, 62.8]), labels, STYLE, place=4)
    assert len(figure.data) == 6
    for clock, start in enumerate((0, 3)):
        circle, dots, hand = figure.data[start : start + 3]
        np.testing.assert_allclose(np.hypot(circle.x, circle.y), 1, rtol=1e-6, atol=0)
        np.testing.assert_array_equal(dots.x, points[clock, :, 0])
        assert list(dots.marker.color) == [STYLE.token(index) for index in range(5)]
        assert list(hand.x) == [0, float(points[clock, 4, 0])]
        assert list(hand.text) == ["", "x"]
    assert [title.text for title in figure.layout.annotations] == [
        "pair 0, wavelength<br>6.3 positions per turn",
        "pair 3, wavelength<br>62.8 positions per turn",
    ]


@pytest.mark.parametrize(
    ("lines", "lowest", "cut"),
    [([[1.0, 0.0], [-3.0]], -3.5, False), ([[1.0, -11.5]], -11.0, True), ([[0.0, -50.0], [2.0]], -10.0, True)],
)
def test_the_axis_begins_where_attention_feels_no_score_any_more(lines, lowest, cut):
    curves = {str(index): np.array(values, np.float32) for index, values in enumerate(lines)}
    assert lowest_drawn(curves) == lowest
    assert is_cut(curves) == cut
    assert pytest.approx(6.144, abs=1e-3) == DEEPEST_SHARE * 1e6


def test_the_columns_of_lines_are_of_one_length_and_empty_past_a_lines_end():
    columns = decay_columns({"long": np.array([3.0, 2.0, 1.0]), "short": np.array([9.0])})
    assert list(columns) == ["distance", "long", "short"]
    np.testing.assert_array_equal(columns["distance"], [0, 1, 2])
    np.testing.assert_array_equal(columns["long"], [3.0, 2.0, 1.0])
    np.testing.assert_array_equal(columns["short"], [9.0, np.nan, np.nan])
