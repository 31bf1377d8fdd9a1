"""Colors of points: one byte for each point tells its value to half a step, or its kind, the most frequent first."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedcore.errors import ShapeError
from embedcore.maps.point_colors import cluster_colors, kind_colors, scale_colors


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e9, 1e9)))
@example(np.array([5e-324, 0]))
@example(np.array([1e-305, 0, 7e-306]))
def test_a_code_gives_its_value_back_within_half_a_step(values):
    colors = scale_colors("norm", values)
    assert colors.codes.dtype == np.uint8
    assert colors.is_continuous
    step = (max(values) - min(values)) / 250
    slack = 1e-12 * np.abs(values).max() + 6e-306  # nearer than this, all have one color
    for value, code in zip(values.tolist(), colors.codes.tolist(), strict=True):
        assert abs(colors.offset + colors.unit * code - value) <= 0.5 * step * (1 + 1e-9) + slack


@pytest.mark.parametrize("scale", [1e-305, 1e-25, 1e25, 1.7e308])
def test_values_of_every_size_are_the_251_codes(scale):
    colors = scale_colors("norm", scale * np.linspace(-1, 1, 251))
    assert colors.codes.tolist() == list(range(251))
    assert colors.unit == pytest.approx(scale / 125)


def test_251_even_values_are_the_251_codes():
    order = np.random.default_rng(0).permutation(251)
    colors = scale_colors("id", order * 10 - 500)
    assert colors.codes.tolist() == order.tolist()
    assert (colors.name, colors.offset, colors.unit) == ("id", -500.0, 10.0)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30])
def test_one_value_for_all_is_one_code_that_says_it(value):
    colors = scale_colors("norm", np.full(5, value))
    assert colors.codes.tolist() == [0] * 5
    assert (colors.offset, colors.unit) == (value, 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_named(bad):
    with pytest.raises(ShapeError, match=r"2 of 5 values of norm are NaN or infinite: leave them out"):
        scale_colors("norm", np.array([1.0, bad, 3.0, bad, 5.0], np.float32))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=80))
def test_kinds_come_by_frequency_and_every_code_means_its_kind(kinds):
    words = [f"kind {index}" for index in range(10)]
    colors = kind_colors("script", np.array(kinds), words)
    assert [colors.words[code] for code in colors.codes] == [words[kind] for kind in kinds]
    counts = [kinds.count(words.index(word)) for word in colors.words]
    assert counts == sorted(counts, reverse=True)
    assert set(colors.words) == {words[kind] for kind in kinds}  # none that does not occur
    assert not colors.is_continuous
    ties = [(-kinds.count(index), index) for index in set(kinds)]
    assert [words.index(word) for word in colors.words] == [index for _, index in sorted(ties)]


def test_251_kinds_fit_and_one_more_does_not():
    words = [str(index) for index in range(300)]
    colors = kind_colors("script", np.arange(251, dtype=np.uint16), words)
    assert colors.codes.tolist() == list(range(251))
    with pytest.raises(ShapeError, match="252 kinds of script are more than the 251 that can be colored"):
        kind_colors("script", np.arange(252), words)


def test_a_part_keeps_what_codes_mean():
    norms = scale_colors("norm", np.array([1.0, 501.0, 103.0])).part(np.array([2, 0]))
    assert norms.codes.tolist() == [51, 0]
    assert (norms.name, norms.offset, norms.unit, norms.words) == ("norm", 1.0, 2.0, ())
    kinds = kind_colors("script", np.array([2, 2, 0]), ("latin", "greek", "digits")).part(np.array([2]))
    assert kinds.codes.tolist() == [0]
    assert kinds.words == ("latin", "digits")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=80))
def test_six_kinds_or_fewer_keep_their_order_however_many_rows_each_has(kinds):
    words = [f"kind {index}" for index in range(6)]
    colors = kind_colors("category", np.array(kinds), words)
    assert list(colors.words) == [word for index, word in enumerate(words) if index in kinds]
    assert [colors.words[code] for code in colors.codes] == [words[kind] for kind in kinds]


def test_the_shown_clusters_take_hues_in_turn_and_the_rest_is_other():
    labels = np.array([0, 1, 2, 3, 4, -1, 2, 4], np.int16)
    colors = cluster_colors("cluster", labels, np.array([4, 0, 2, 1]), n_hues=3)
    hues = {4: 0, 0: 1, 2: 2, 1: 0}  # the fourth takes the first hue again
    assert colors.codes.tolist() == [hues.get(int(label), 3) for label in labels]
    assert colors.words == ("", "", "", "other")
    assert colors.codes.dtype == np.uint8
