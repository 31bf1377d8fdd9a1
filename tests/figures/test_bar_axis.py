"""The axis of a list's bars is the same whatever is listed best, holds every score, and shows signs as sides."""

import numpy as np
import pytest

from embedcore.figures.bar_axis import BarAxis, bar_axis


@pytest.mark.parametrize("best", [0.26, 0.71, 1.0])
def test_a_cosine_is_as_long_as_it_is_whatever_is_best(best):
    axis = bar_axis("cosine", np.array([best, -0.4]), np.array([best, 0.1]))
    assert (axis.low, axis.high) == (0.0, 1.0)
    assert axis.place(best) == best
    assert axis.ticks == ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))


def test_where_a_listed_score_is_negative_zero_is_in_the_middle():
    axis = bar_axis("cosine", np.array([0.5, -0.9]), np.array([0.5, -0.2]))
    assert axis.ticks == ((0.0, "−1"), (0.5, "0"), (1.0, "1"))
    assert axis.place(0.5) - axis.place(0.0) == pytest.approx(0.25)
    assert axis.place(0.0) - axis.place(-0.2) == pytest.approx(0.1)  # as long as the score is large, whatever its sign


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_other_scores_run_to_the_largest_of_the_whole_table(metric):
    axis = bar_axis(metric, np.array([0.5, 4.0, 1.0]), np.array([0.5, 1.0]))
    assert (axis.low, axis.high) == (0.0, 4.0)
    assert axis.place(1.0) == 0.25
    signed = bar_axis("dot", np.array([-4.0, 2.0]), np.array([2.0, -1.0]))
    assert (signed.low, signed.high) == (-4.0, 4.0)
    assert [label for _, label in signed.ticks] == ["−4", "0", "4"]


def test_a_table_of_zeros_has_an_axis():
    assert bar_axis("dot", np.zeros(3), np.zeros(2)) == BarAxis(0.0, 1.0)
