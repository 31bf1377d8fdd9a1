"""Pictures of an audit: every row is counted once, the flagged side is shaded, and the curve is the one given."""

from itertools import pairwise

import numpy as np
import pytest

from embedcore.audit.detection import precision_recall, precision_recall_curve
from embedcore.audit.indicators import Indicator
from embedcore.figures.audit import MAX_POINTS, N_BINS, indicator_histogram, precision_recall_line
from embedcore.figures.palette import Style

VALUES = np.random.default_rng(0).normal(3.0, 1.0, 5000)
TRUTH = np.random.default_rng(1).random(5000) < 0.3


@pytest.mark.parametrize("is_low", [True, False])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_histogram_counts_each_row_once_and_shades_what_is_flagged(is_low, mode):
    indicator = Indicator("norm", VALUES, is_low=is_low)
    groups = {"trained": ~TRUTH, "empty": np.zeros(5000, bool), "untrained": TRUTH}
    figure = indicator_histogram(indicator, groups, Style(mode), threshold=2.5)
    assert [bars.name for bars in figure.data] == ["trained", "untrained"]
    assert [bars.marker.color for bars in figure.data] == [Style(mode).trained, Style(mode).never_trained]
    edges = np.linspace(VALUES.min(), VALUES.max(), N_BINS + 1)
    for bars, rows in zip(figure.data, (~TRUTH, TRUTH), strict=True):
        counts = [((VALUES[rows] >= low) & (VALUES[rows] < high)).sum() for low, high in pairwise(edges)]
        counts[-1] += (VALUES[rows] == edges[-1]).sum()
        np.testing.assert_array_equal(bars.y, counts)
        np.testing.assert_allclose(bars.x, edges[:-1] + np.diff(edges) / 2, rtol=1e-12, atol=0)
    assert figure.layout.barmode == "stack"
    shade, line = figure.layout.shapes
    assert (line.x0, line.x1) == (2.5, 2.5)
    assert line.line.color == Style(mode).chosen
    assert (shade.x0, shade.x1) == ((edges[0], 2.5) if is_low else (2.5, edges[-1]))
    assert ("≤" if is_low else "≥") in figure.layout.annotations[0].text


def test_a_logarithmic_count_lays_groups_over_each_other():
    figure = indicator_histogram(Indicator("norm", VALUES), {"all": TRUTH | True}, Style(), threshold=1.0, is_log=True)
    assert (figure.layout.barmode, figure.layout.yaxis.type) == ("overlay", "log")
    assert figure.data[0].y.sum() == 5000


def test_equal_values_still_draw():
    figure = indicator_histogram(Indicator("norm", np.ones(4)), {"all": np.ones(4, bool)}, Style(), threshold=1.0)
    assert figure.data[0].y.sum() == 4


def test_the_curve_is_thinned_with_both_ends_and_marks_the_threshold():
    indicator = Indicator("norm", VALUES)
    curve, now = precision_recall_curve(indicator, TRUTH), precision_recall(indicator, TRUTH, 2.5)
    figure = precision_recall_line(curve, now, Style())
    line, mark = figure.data
    assert len(line.x) == MAX_POINTS
    for axis, values in ((line.x, curve.recall), (line.y, curve.precision), (line.customdata, curve.thresholds)):
        np.testing.assert_allclose([axis[0], axis[-1]], [values[0], values[-1]], rtol=1e-6, atol=0)
    assert (mark.x[0], mark.y[0]) == (now.recall, now.precision)
    assert figure.layout.shapes[0].y0 == TRUTH.mean()
    nothing = precision_recall_line(curve, precision_recall(indicator, TRUTH, -99.0), Style())
    assert [each.name for each in nothing.data] == ["every threshold"]
