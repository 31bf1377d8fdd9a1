"""What chance gives, against closed forms, integrals over a sphere, scipy, and rows that are drawn."""

import math

import numpy as np
import pytest
import scipy.stats

from embedcore.errors import ShapeError
from embedcore.space.chance import best_cosines, cosine_exceeded, expected_counts, probability_above
from embedcore.space.metrics import METRICS, all_scores, row_lengths

COSINES = np.linspace(-1, 1, 21)


def by_integral(cosine, d_model):
    """Return the share of a sphere above a cosine: the integral of sin(angle) ** (d − 2), by Simpson's rule."""

    def area(end, n=20_000):
        steps = np.linspace(0, end, n + 1)
        values = np.sin(steps) ** (d_model - 2)
        return end / n / 3 * (values[0] + values[-1] + 4 * values[1:-1:2].sum() + 2 * values[2:-1:2].sum())

    return area(math.acos(cosine)) / area(math.pi)


def test_in_two_and_three_dimensions_the_probabilities_are_those_of_a_circle_and_a_ball():
    np.testing.assert_allclose(probability_above(COSINES, 2), np.arccos(COSINES) / np.pi, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(probability_above(COSINES, 3), (1 - COSINES) / 2, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("d_model", [4, 5, 64, 768])
def test_in_more_dimensions_they_are_integrals_of_the_sphere(d_model):
    cosines = np.array([-0.05, 0.0, 0.02, 0.1, 4 / math.sqrt(d_model + 20)])
    expected = np.array([by_integral(cosine, d_model) for cosine in cosines])
    np.testing.assert_allclose(probability_above(cosines, d_model), expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(cosine_exceeded(expected, d_model), cosines, rtol=0, atol=1e-9)


@pytest.mark.parametrize("d_model", [2, 3, 7, 64, 768, 4097])
def test_they_are_those_of_the_beta_distribution(d_model):
    cosines = np.linspace(-1, 1, 401)
    expected = scipy.stats.beta((d_model - 1) / 2, (d_model - 1) / 2).sf((1 + cosines) / 2)
    np.testing.assert_allclose(probability_above(cosines, d_model), expected, rtol=0, atol=1e-12)


def test_the_standard_deviation_of_a_cosine_is_one_over_the_root_of_the_dimensions():
    for d_model in (2, 3, 64):
        shares = (np.arange(100_000) + 0.5) / 100_000
        assert np.std(cosine_exceeded(shares, d_model)) == pytest.approx(1 / math.sqrt(d_model), rel=1e-3)


def test_in_one_dimension_a_cosine_is_one_or_minus_one():
    np.testing.assert_array_equal(probability_above(np.array([-1.5, -1, 0, 0.9, 1]), 1), [1, 0.5, 0.5, 0.5, 0])
    np.testing.assert_array_equal(cosine_exceeded(np.array([0.025, 0.975]), 1), [1, -1])


@pytest.mark.parametrize(("n_rows", "d_model"), [(5, 3), (50, 8), (2000, 64), (50_256, 64)])
def test_on_average_k_of_the_rows_exceed_the_kth_cosine(n_rows, d_model):
    best = best_cosines(min(n_rows, 20), n_rows, d_model)
    assert (np.diff(best) < 0).all()
    n_above = n_rows * np.array([by_integral(cosine, d_model) for cosine in best])
    np.testing.assert_allclose(n_above, np.arange(1, len(best) + 1), rtol=1e-9, atol=0)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d_model", [1, 2, 3, 64])
def test_the_counts_are_those_of_rows_that_are_drawn(metric, d_model):
    rng = np.random.default_rng(5)
    table = rng.normal(size=(200_000, d_model))
    table *= (rng.uniform(0.1, 3, len(table)) / np.linalg.norm(table, axis=1))[:, None]
    table[:1000] = 0
    query = rng.normal(size=d_model)
    scores = all_scores(table, query, metric=metric)
    edges = np.linspace(scores.min() - 0.1, scores.max() + 0.1, 14)
    counts = expected_counts(edges, row_lengths(table), float(np.linalg.norm(query)), d_model, metric=metric)
    assert counts.sum() == pytest.approx(len(table), abs=5)
    drawn = np.histogram(scores, edges)[0]
    assert (np.abs(drawn - counts) <= 5 * np.sqrt(counts) + 1).all(), (drawn, counts)


@pytest.mark.parametrize("metric", METRICS)
def test_a_query_of_zeros_has_one_score_with_each_length(metric):
    counts = expected_counts(np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.0, 2.0, 0.0]), 0.0, 4, metric=metric)
    assert counts.tolist() == ([2, 2] if metric == "euclidean" else [4, 0])


def test_what_cannot_be_is_refused():
    with pytest.raises(ShapeError, match="0 dimensions"):
        probability_above(np.zeros(1), 0)
    with pytest.raises(ShapeError, match="the 6 best of 5 rows"):
        best_cosines(6, 5, 3)
