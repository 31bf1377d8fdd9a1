import numpy as np
import pytest

from embedcore.figures.histogram import bins, score_histogram
from embedcore.figures.palette import Style


def test_every_score_is_in_one_bin():
    scores = np.random.default_rng(0).normal(size=1000)
    histogram = bins(scores, 7)
    width = (scores.max() - scores.min()) / 7
    expected = [0] * 7
    for score in scores:
        expected[min(6, int((score - scores.min()) / width))] += 1
    assert histogram.counts.tolist() == expected
    assert histogram.counts.sum() == 1000
    np.testing.assert_allclose(histogram.edges, scores.min() + width * np.arange(8), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scores", [[0.5], [0.0, 0.0], [-3.0] * 9, [1.0, 1.0 + 2**-52], [1e30, 1e30]])
def test_equal_scores_have_one_bin_around_them(scores):
    histogram = bins(np.array(scores))
    assert histogram.counts.tolist() == [len(scores)]
    assert histogram.edges[0] < min(scores) <= max(scores) < histogram.edges[1]


def test_the_neighbors_are_marked_where_they_lie():
    counted = bins(np.arange(100.0), 10)
    figure = score_histogram(counted, Style(), nearest=(80.0, 99.0), n_nearest=20, name="dot")
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == (80.0, 99.0)
    assert figure.layout.annotations[0].text == "the 20 nearest"
    assert figure.layout.yaxis.type == "log"
    np.testing.assert_array_equal(figure.data[0].y, [10] * 10)
    np.testing.assert_allclose(figure.data[0].x, np.arange(10) * 9.9 + 4.95, rtol=1e-6, atol=0)


def test_one_neighbor_is_marked_by_a_band_that_can_be_seen():
    figure = score_histogram(bins(np.arange(100.0), 10), Style("dark"), nearest=(99.0, 99.0), n_nearest=1)
    band = figure.layout.shapes[0]
    assert band.x1 - band.x0 == pytest.approx(4.95)
    assert (band.x0 + band.x1) / 2 == pytest.approx(99.0)
    assert figure.layout.annotations[0].text == "the nearest"


def test_nothing_is_marked_where_nothing_is_near():
    assert not score_histogram(bins(np.arange(9.0)), Style(), nearest=None, n_nearest=0).layout.shapes


def test_the_line_of_chance_and_its_range_stand_behind_what_is_counted():
    by_chance = np.array([0.0, 4.0, 90.0, 4.0])
    figure = score_histogram(
        bins(np.arange(40.0), 4),
        Style(),
        nearest=(30.0, 39.0),
        n_nearest=9,
        by_chance=by_chance,
        chance_range=(10.0, 30.0),
    )
    _, line = figure.data
    assert (line.mode, line.name) == ("lines", "by chance")
    np.testing.assert_array_equal(line.y, [np.nan, 4, 90, 4])
    np.testing.assert_array_equal(line.x, figure.data[0].x)
    band, nearest = figure.layout.shapes
    assert (band.x0, band.x1, band.layer) == (10, 30, "below")
    assert (nearest.x0, nearest.x1) == (30, 39)
    assert 10 ** figure.layout.yaxis.range[1] > 90


@pytest.mark.parametrize(("by_chance", "fewest"), [([0.2, 0.1], 0.1), ([9.0, 4.0], 0.7), ([0.0, 0.0], 0.01)])
def test_the_axis_begins_below_one_row_and_below_the_line_of_chance(by_chance, fewest):
    figure = score_histogram(bins(np.arange(4.0), 2), Style(), nearest=None, n_nearest=0, by_chance=np.array(by_chance))
    assert 10 ** figure.layout.yaxis.range[0] == pytest.approx(fewest)
