"""The nearest rows of tiny and huge vectors, of very different lengths, and of a small spread around a large mean."""

import numpy as np
import pytest

from embedcore.space.metrics import all_scores
from embedcore.space.neighbors import neighbors
from tests.space.by_hand import EACH_METRIC, assert_are, by_hand, drawn, in_float64


@EACH_METRIC
@pytest.mark.parametrize(("size", "dtype"), [(1e-30, np.float32), (1e-30, np.float64), (1e-40, np.float32), (1e-44, np.float64), (1e-6, np.float16), (1e17, np.float32), (1e17, np.float64), (6e4, np.float16)])  # fmt: skip
@pytest.mark.parametrize("query_size", [1e-30, 1.0, 1e17])
def test_tiny_and_huge_rows(metric, size, dtype, query_size):
    table = (np.random.default_rng(0).uniform(-1, 1, (100, 8)) * size).astype(dtype)
    queries = np.random.default_rng(1).uniform(-1, 1, (4, 8)) * query_size
    answer = neighbors(table, queries, k=12, metric=metric)
    ids, scores = by_hand(table, queries, 12, metric)
    np.testing.assert_allclose(answer.scores, scores, rtol=1e-11, atol=0)
    if metric != "euclidean" or size == query_size:  # else all distances are one number, to the last digit
        np.testing.assert_array_equal(answer.token_ids, ids)
    everything = np.stack([all_scores(table, query, metric=metric) for query in queries])
    np.testing.assert_array_equal(np.take_along_axis(everything, answer.token_ids, axis=1), answer.scores)
    nearest = np.sort(everything if metric == "euclidean" else -everything, axis=1)[:, :12]
    np.testing.assert_array_equal(np.abs(answer.scores), np.abs(nearest))


@EACH_METRIC
def test_rows_that_float32_holds_with_one_bit(metric):
    """3e-45 is two steps of float32's smallest number, and a query of 1e17 makes a score of it that is not small."""
    table = np.random.default_rng(0).uniform(-1, 1, (60_000, 2)) * 3e-45
    queries = np.random.default_rng(1).uniform(-1, 1, (4, 2)) * 1e17
    assert_are(neighbors(table, queries, k=5, metric=metric), in_float64(table, queries, 5, metric), atol=0)


@EACH_METRIC
def test_rows_of_very_different_lengths(metric):
    """One row of length 10⁹ makes float32's error larger than all other scores."""
    table = drawn(300, 8, np.float64)
    table[17] *= 1e9
    queries = drawn(5, 8, seed=1)
    assert_are(neighbors(table, queries, k=20, metric=metric), by_hand(table, queries, 20, metric))


@EACH_METRIC
def test_a_small_spread_around_a_large_mean(metric):
    table = (1_000 + 1e-3 * drawn(500, 24, np.float64)).astype(np.float32)
    queries = table[:6]
    answer = neighbors(table, queries, k=15, metric=metric)
    ids, _ = in_float64(table, queries, 15, metric)
    everything = np.stack([all_scores(table, query, metric=metric) for query in queries])
    expected = np.argsort(everything if metric == "euclidean" else -everything, axis=1, kind="stable")[:, :15]
    np.testing.assert_array_equal(answer.token_ids, expected)
    if metric == "euclidean":
        np.testing.assert_array_equal(answer.token_ids, ids)
