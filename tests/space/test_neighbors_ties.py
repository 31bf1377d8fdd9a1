"""Rows that float32 cannot tell apart are put in the order of float64, and equal ones in the order of their ids."""

from fractions import Fraction

import numpy as np
import pytest

from embedcore.space.metrics import all_scores
from embedcore.space.neighbors import neighbors
from tests.space.by_hand import EACH_DTYPE, EACH_METRIC, assert_are, by_hand, drawn, in_float64


@EACH_METRIC
def test_exact_fractions_agree_where_float32_has_no_digits_left(metric):
    """2¹² + 2⁻¹² needs 25 bits: float32 rounds it away, float64 holds every product."""
    table = np.array([[4096 + i * 2.0**-12, 1.0] for i in (3, 0, 2, 1, 3)])
    query = np.array([1.0, 0.0])
    exact = [[Fraction(float(value)) for value in row] for row in table]
    key = {
        "dot": lambda x, y: -x,
        "cosine": lambda x, y: -x * x / (x * x + y * y),
        "euclidean": lambda x, y: (x - 1) ** 2 + y * y,
    }[metric]
    order = sorted(range(5), key=lambda row: (key(*exact[row]), row))
    np.testing.assert_array_equal(neighbors(table, query, k=5, metric=metric).token_ids, [order])


@EACH_METRIC
@pytest.mark.parametrize("k", [1, 10, 60, 400])
def test_near_ties_below_the_resolution_of_float32_are_put_in_order(metric, k):
    """The rows differ by 1e-9 of themselves; float32 sees fewer different rows, and puts them in another order."""
    row, step = drawn(1, 16, np.float64)[0], drawn(1, 16, np.float64, seed=1)[0]
    places = np.random.default_rng(2).permutation(400)
    table = row + 1e-9 * places[:, None] * step
    query = row + 3 * step
    expected = by_hand(table, query, k, metric)
    in_float32 = all_scores(table.astype(np.float32), query, metric=metric)
    by_float32 = np.argsort(in_float32 if metric == "euclidean" else -in_float32, kind="stable")
    assert by_float32.tolist() != by_hand(table, query, 400, metric)[0][0].tolist()
    assert_are(neighbors(table, query, k=k, metric=metric), expected)
    if metric == "euclidean":
        np.testing.assert_array_equal(neighbors(table, query, k=k, metric=metric).token_ids[0], np.argsort(-places)[:k])


@EACH_METRIC
@EACH_DTYPE
@pytest.mark.parametrize("crowd", [200, 1_000])
@pytest.mark.parametrize("k", [1, 7, 150])
def test_a_crowd_of_equal_rows_goes_by_id(metric, dtype, crowd, k):
    table = drawn(1_000, 6, dtype)
    members = np.sort(np.random.default_rng(1).permutation(1_000)[:crowd])
    table[members] = table[members[0]]
    queries = np.stack([table[members[0]], -table[members[0]], drawn(1, 6, dtype, seed=2)[0]])
    answer = neighbors(table, queries, k=k, metric=metric)
    assert_are(answer, by_hand(table, queries, k, metric))
    if metric != "dot":
        np.testing.assert_array_equal(answer.token_ids[0], members[:k])


@EACH_DTYPE
def test_the_cosine_with_a_zero_vector_is_zero(dtype):
    table = np.array([[-1, 0], [0, 0], [1, 0], [0, 0], [0, 1]], dtype)
    answer = neighbors(table, np.array([[1.0, 0], [0, 0]]), k=5)
    np.testing.assert_array_equal(answer.token_ids, [[2, 1, 3, 4, 0], [0, 1, 2, 3, 4]])
    np.testing.assert_array_equal(answer.scores, [[1, 0, 0, 0, -1], [0, 0, 0, 0, 0]])


@EACH_METRIC
def test_a_table_of_zeros_goes_by_id(metric):
    answer = neighbors(np.zeros((300, 4), np.float32), np.ones(4), k=9, metric=metric)
    np.testing.assert_array_equal(answer.token_ids, [range(9)])
    np.testing.assert_array_equal(answer.scores, np.full((1, 9), 2.0 if metric == "euclidean" else 0.0))


@EACH_DTYPE
def test_a_row_and_its_double_have_one_direction(dtype):
    """Powers of two keep every digit, so cosine has exact ties; by other factors it has them up to its last digit."""
    row = drawn(1, 12, dtype)[0]
    table = np.stack([row * dtype(factor) for factor in (4, 0.5, 1, 2, 8)] + [-row])
    answer = neighbors(table, row, k=6)
    np.testing.assert_array_equal(answer.token_ids, [range(6)])
    np.testing.assert_array_equal(answer.scores[:, :5], np.full((1, 5), answer.scores[0, 0]))
    tripled = neighbors(np.stack([row.astype(np.float64) * factor for factor in (3, 1, 7)]), row, k=3)
    np.testing.assert_allclose(tripled.scores, np.ones((1, 3)), rtol=0, atol=4e-16)


@EACH_DTYPE
@pytest.mark.parametrize("size", [1e-5, 1e-14, 1e-16, 1e-20])
def test_distances_that_float64_cannot_tell_apart_go_by_id(dtype, size):
    """Rows of 1e-16 are all equally far from a query of 1, so the order that float32 gives them means nothing."""
    table = (np.random.default_rng(0).uniform(-1, 1, (5_000, 2)) * size).astype(dtype)
    queries = np.random.default_rng(1).uniform(-1, 1, (30, 2)) * (1 if dtype != np.float16 else 1e10)
    answer = neighbors(table, queries, k=5, metric="euclidean")
    assert_are(answer, in_float64(table, queries, 5, "euclidean"), atol=0)
