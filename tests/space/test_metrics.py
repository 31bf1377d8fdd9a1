"""Scores of a whole table, from the formulas: exact sums of exact products."""

import math
from itertools import pairwise

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.space import metrics
from embedcore.space.metrics import METRICS, all_scores, check_rows, closeness, row_blocks, row_lengths

# Sums of up to 33 products in float64: each rounds by 2**-53 of the product of lengths, about 33 here.
RTOL, ATOL = 1e-13, 1e-13


def formula(row, query, metric):
    row, query = row.tolist(), query.tolist()
    if metric == "euclidean":
        return math.dist(row, query)
    product = math.fsum(a * b for a, b in zip(row, query, strict=True))
    return product if metric == "dot" else product / math.hypot(*row) / math.hypot(*query)


def drawn(n, width, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n, width)).astype(dtype)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("n", "width"), [(1, 1), (30, 2), (30, 33)])
def test_every_row_has_the_score_of_the_formula(metric, dtype, n, width):
    table, query = drawn(n, width, dtype), drawn(1, width, dtype, seed=1)[0]
    computed = all_scores(table, query, metric=metric)
    assert computed.dtype == np.float64
    np.testing.assert_allclose(computed, [formula(row, query, metric) for row in table], rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_change_no_bit(metric, monkeypatch):
    table, query = drawn(50, 9), drawn(1, 9, seed=1)[0]
    whole, lengths = all_scores(table, query, metric=metric), row_lengths(table)
    monkeypatch.setattr(metrics, "_VALUES_AT_ONCE", 9 * 7)
    np.testing.assert_array_equal(all_scores(table, query, metric=metric), whole)
    np.testing.assert_array_equal(row_lengths(table), lengths)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("width", [1, 2, 3, 31, 64, 257])
def test_equal_rows_have_equal_bits_wherever_they_stand(metric, width):
    row, query = drawn(1, width)[0], drawn(1, width, seed=1)
    table = np.concatenate([drawn(5, width, seed=2), np.tile(row, (40, 1)), drawn(3, width, seed=3), row[None]])
    computed = closeness(table[None], query, metric)[0]
    assert len(set(computed[5:45].tolist()) | {float(computed[-1])}) == 1
    alone = closeness(row[None, None], query, metric)
    np.testing.assert_array_equal(alone[0, 0], computed[5])


@pytest.mark.parametrize("metric", METRICS)
def test_closeness_grows_as_a_row_comes_nearer(metric):
    """Each query has rows of its own; a distance comes negated."""
    rows, queries = drawn(12, 4).reshape(3, 4, 4), drawn(3, 4, seed=1)
    sign = -1 if metric == "euclidean" else 1
    expected = [[sign * formula(row, query, metric) for row in own] for own, query in zip(rows, queries, strict=True)]
    np.testing.assert_allclose(closeness(rows, queries, metric), expected, rtol=RTOL, atol=ATOL)


def test_cosine_is_zero_with_a_zero_vector_and_never_above_one():
    table = np.array([[0, 0, 0], [0.1, 0.1, 0.1], [-0.1, -0.1, -0.1]])
    np.testing.assert_array_equal(all_scores(table, np.zeros(3)), [0, 0, 0])
    rows = drawn(2_000, 7, np.float32)
    own = closeness(rows[:, None], rows.astype(np.float64), "cosine")
    assert own.max() <= 1.0
    np.testing.assert_allclose(own, np.ones((2_000, 1)), rtol=0, atol=4e-16)
    assert all_scores(table, np.full(3, 0.1))[0] == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_lengths_are_summed_in_float64(dtype):
    table = drawn(20, 40, dtype) * dtype(100)
    expected = [math.hypot(*row) for row in table.tolist()]
    np.testing.assert_allclose(row_lengths(table), expected, rtol=RTOL, atol=0)
    assert row_lengths(np.full((1, 4), 60_000, np.float16))[0] == pytest.approx(2 * float(np.float16(60_000)), rel=RTOL)


@pytest.mark.parametrize(("n", "width"), [(1, 1), (10, 1 << 22), (3, 1 << 23), (5_000_000, 1), (100, 4096)])
def test_blocks_cover_every_row_once_in_32_megabytes(n, width):
    blocks = list(row_blocks(n, width))
    assert blocks[0].start == 0
    assert blocks[-1].stop == n
    assert all(one.stop == other.start for one, other in pairwise(blocks))
    assert max((block.stop - block.start) for block in blocks) * width <= max(width, 1 << 22)


@pytest.mark.parametrize(
    ("table", "query", "metric", "words"),
    [
        (np.ones((3, 2)), np.ones(3), "dot", r"table is \[3, 2\] and the query \[3\]: give \[n, d_model\]"),
        (np.ones((3, 2)), np.ones((1, 2)), "dot", r"the query \[1, 2\]"),
        (np.ones(2), np.ones(2), "dot", r"the table is \[2\]"),
        (np.ones((3, 2)), np.ones(2), "manhattan", "'manhattan': choose cosine, dot, euclidean"),
    ],
)
def test_what_does_not_fit_is_named(table, query, metric, words):
    with pytest.raises(ShapeError, match=words):
        all_scores(table, query, metric=metric)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.ones((2, 3)) * [[1], [np.nan]], r"1 of 2 rows of the map hold NaN or infinite values \(row 1\): leave them out"),
        (np.full((7, 3), np.inf), r"7 of 7 rows of the map .*\(row 0, 1, 2, 3, 4, …\)"),
        (np.ones((0, 3)), r"the map has shape \[0, 3\].*at least one row"),
        (np.ones((3, 0)), r"\[3, 0\].*one dimension"),
        (np.ones(3), r"\[3\]"),
        (np.ones((2, 2), bool), "holds bool, but must hold floating-point numbers"),
    ],
)  # fmt: skip
def test_rows_that_are_no_finite_numbers_are_named(rows, words):
    with pytest.raises(ShapeError, match=words):
        check_rows(rows, name="the map")


def test_a_bad_row_is_found_in_any_block(monkeypatch):
    monkeypatch.setattr(metrics, "_VALUES_AT_ONCE", 8)
    table = np.ones((100, 4), np.float16)
    table[[3, 98]] = np.nan
    with pytest.raises(ShapeError, match=r"2 of 100 rows of the table .*row 3, 98\)"):
        check_rows(table, name="the table")
