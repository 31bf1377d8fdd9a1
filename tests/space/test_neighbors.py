"""The nearest rows are those of float64, whatever float32 thinks of them: ids, scores and ties."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedcore.errors import ProviderUnavailable, ShapeError
from embedcore.space import metrics
from embedcore.space.metrics import METRICS, all_scores
from embedcore.space.neighbors import NeighborIndex, neighbors

MODULE = sys.modules["embedcore.space.neighbors"]  # the package's attribute of this name is the function

# Scores are float64 sums of a few dozen products: each rounds by 2**-53 of their lengths' product.
RTOL, ATOL = 1e-12, 1e-12
EACH_METRIC = pytest.mark.parametrize("metric", METRICS)
EACH_DTYPE = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


def score(row, query, metric):
    """One score from its formula: exact sums, one rounding a step."""
    row, query = [float(value) for value in row], [float(value) for value in query]
    if metric == "euclidean":
        return math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(row, query, strict=True)))
    product = math.fsum(a * b for a, b in zip(row, query, strict=True))
    if metric == "dot":
        return product
    lengths = math.sqrt(math.fsum(a * a for a in row)) * math.sqrt(math.fsum(b * b for b in query))
    return max(-1.0, min(1.0, product / lengths)) if lengths > 0 else 0.0


def by_hand(table, queries, k, metric, without=()):
    """The slow obvious twin: every score, one by one, and a stable sort."""
    ids, scores = [], []
    for query in np.atleast_2d(queries):
        each = {row: score(table[row], query, metric) for row in range(len(table)) if row not in set(without)}
        sign = 1 if metric == "euclidean" else -1
        order = sorted(each, key=lambda row: (sign * each[row], row))[:k]
        ids.append(order)
        scores.append([each[row] for row in order])
    return np.array(ids), np.array(scores)


def in_float64(table, queries, k, metric):
    """The same for tables too large to go through one by one: one float64 array."""
    wide, asked = table.astype(np.float64), queries.astype(np.float64)
    if metric == "euclidean":
        far = np.stack([np.sqrt(((wide - query) ** 2).sum(axis=1)) for query in asked])
    else:
        far = -(asked @ wide.T)
        if metric == "cosine":
            lengths = np.sqrt((asked**2).sum(axis=1))[:, None] * np.sqrt((wide**2).sum(axis=1))
            far = np.divide(far, lengths, out=np.zeros_like(far), where=lengths > 0)
    order = np.argsort(far, axis=1, kind="stable")[:, :k]
    scores = np.take_along_axis(far, order, axis=1)
    return order, scores if metric == "euclidean" else -scores


def assert_are(found, expected, rtol=RTOL, atol=ATOL):
    ids, scores = expected
    assert (found.token_ids.dtype, found.scores.dtype) == (np.int64, np.float64)
    np.testing.assert_array_equal(found.token_ids, ids)
    np.testing.assert_allclose(found.scores, scores, rtol=rtol, atol=atol)


def drawn(n, width, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal((n, width)).astype(dtype)


@EACH_METRIC
@EACH_DTYPE
@pytest.mark.parametrize(("n", "width", "k"), [(1, 1, 1), (40, 5, 1), (40, 5, 12), (40, 5, 40), (300, 33, 20)])
def test_ids_and_scores_are_those_of_the_formula(metric, dtype, n, width, k):
    table, queries = drawn(n, width, dtype), drawn(3, width, seed=1)
    assert_are(neighbors(table, queries, k=k, metric=metric), by_hand(table, queries, k, metric))


@EACH_METRIC
@EACH_DTYPE
def test_a_table_of_many_rows_equals_one_float64_array(metric, dtype):
    table = drawn(5_000, 48, dtype)
    queries = np.concatenate([drawn(30, 48, seed=1), table[:10]])
    assert_are(neighbors(table, queries, k=100, metric=metric), in_float64(table, queries, 100, metric), atol=1e-11)


@EACH_METRIC
def test_a_real_table_equals_the_sorted_float64_scores(metric, pydoc):
    chosen = np.random.default_rng(0).choice(len(pydoc.table), 50, replace=False)
    found = neighbors(pydoc.table, pydoc.table[chosen], k=20, metric=metric)
    assert_are(found, in_float64(pydoc.table, pydoc.table[chosen], 20, metric), atol=1e-11)


@EACH_METRIC
@given(
    table=arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(-2, 2)),
    queries=arrays(np.float32, st.tuples(st.integers(1, 3), st.just(3)), elements=st.integers(-2, 2)),
    k=st.integers(1, 45),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
    data=st.data(),
)
def test_small_whole_numbers_with_their_many_ties(metric, table, queries, k, dtype, data):
    without = data.draw(st.lists(st.integers(0, len(table) - 1), max_size=len(table) - 1))
    without = without if len(set(without)) < len(table) else []
    table = table.astype(dtype)
    found = NeighborIndex(table, metric=metric).search(queries, k=k, without=np.array(without, np.int64))
    assert_are(found, by_hand(table, queries, k, metric, without))


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
    """Rows that differ by 1e-9 of themselves: float32 sees fewer rows, and puts them in another order."""
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
    found = neighbors(table, queries, k=k, metric=metric)
    assert_are(found, by_hand(table, queries, k, metric))
    if metric != "dot":
        np.testing.assert_array_equal(found.token_ids[0], members[:k])


@EACH_DTYPE
def test_the_cosine_with_a_zero_vector_is_zero(dtype):
    table = np.array([[-1, 0], [0, 0], [1, 0], [0, 0], [0, 1]], dtype)
    found = neighbors(table, np.array([[1.0, 0], [0, 0]]), k=5)
    np.testing.assert_array_equal(found.token_ids, [[2, 1, 3, 4, 0], [0, 1, 2, 3, 4]])
    np.testing.assert_array_equal(found.scores, [[1, 0, 0, 0, -1], [0, 0, 0, 0, 0]])


@EACH_METRIC
def test_a_table_of_zeros_goes_by_id(metric):
    found = neighbors(np.zeros((300, 4), np.float32), np.ones(4), k=9, metric=metric)
    np.testing.assert_array_equal(found.token_ids, [range(9)])
    np.testing.assert_array_equal(found.scores, np.full((1, 9), 2.0 if metric == "euclidean" else 0.0))


@EACH_DTYPE
def test_a_row_and_its_double_have_one_direction(dtype):
    """Powers of two keep every digit, so cosine has exact ties; by other factors it has them up to its last digit."""
    row = drawn(1, 12, dtype)[0]
    table = np.stack([row * dtype(factor) for factor in (4, 0.5, 1, 2, 8)] + [-row])
    found = neighbors(table, row, k=6)
    np.testing.assert_array_equal(found.token_ids, [range(6)])
    np.testing.assert_array_equal(found.scores[:, :5], np.full((1, 5), found.scores[0, 0]))
    tripled = neighbors(np.stack([row.astype(np.float64) * factor for factor in (3, 1, 7)]), row, k=3)
    np.testing.assert_allclose(tripled.scores, np.ones((1, 3)), rtol=0, atol=4e-16)


@EACH_METRIC
@pytest.mark.parametrize(("size", "dtype"), [(1e-30, np.float32), (1e-30, np.float64), (1e-40, np.float32), (1e-44, np.float64), (1e-6, np.float16), (1e17, np.float32), (1e17, np.float64), (6e4, np.float16)])  # fmt: skip
@pytest.mark.parametrize("query_size", [1e-30, 1.0, 1e17])
def test_tiny_and_huge_rows(metric, size, dtype, query_size):
    table = (np.random.default_rng(0).uniform(-1, 1, (100, 8)) * size).astype(dtype)
    queries = np.random.default_rng(1).uniform(-1, 1, (4, 8)) * query_size
    found = neighbors(table, queries, k=12, metric=metric)
    ids, scores = by_hand(table, queries, 12, metric)
    np.testing.assert_allclose(found.scores, scores, rtol=1e-11, atol=0)
    if metric != "euclidean" or size == query_size:  # else all distances are one number, to the last digit
        np.testing.assert_array_equal(found.token_ids, ids)
    everything = np.stack([all_scores(table, query, metric=metric) for query in queries])
    np.testing.assert_array_equal(np.take_along_axis(everything, found.token_ids, axis=1), found.scores)
    nearest = np.sort(everything if metric == "euclidean" else -everything, axis=1)[:, :12]
    np.testing.assert_array_equal(np.abs(found.scores), np.abs(nearest))


@EACH_METRIC
def test_rows_that_float32_holds_with_one_bit(metric):
    """3e-45 is two steps of float32's smallest number, and a query of 1e17 makes a score of it that is not small."""
    table = np.random.default_rng(0).uniform(-1, 1, (60_000, 2)) * 3e-45
    queries = np.random.default_rng(1).uniform(-1, 1, (4, 2)) * 1e17
    assert_are(neighbors(table, queries, k=5, metric=metric), in_float64(table, queries, 5, metric), atol=0)


@EACH_DTYPE
@pytest.mark.parametrize("size", [1e-5, 1e-14, 1e-16, 1e-20])
def test_distances_that_float64_cannot_tell_apart_go_by_id(dtype, size):
    """From a query of 1, rows of 1e-16 are all as far: what float32 says of their order is nothing."""
    table = (np.random.default_rng(0).uniform(-1, 1, (5_000, 2)) * size).astype(dtype)
    queries = np.random.default_rng(1).uniform(-1, 1, (30, 2)) * (1 if dtype != np.float16 else 1e10)
    found = neighbors(table, queries, k=5, metric="euclidean")
    assert_are(found, in_float64(table, queries, 5, "euclidean"), atol=0)


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
    found = neighbors(table, queries, k=15, metric=metric)
    ids, _ = in_float64(table, queries, 15, metric)
    everything = np.stack([all_scores(table, query, metric=metric) for query in queries])
    expected = np.argsort(everything if metric == "euclidean" else -everything, axis=1, kind="stable")[:, :15]
    np.testing.assert_array_equal(found.token_ids, expected)
    if metric == "euclidean":
        np.testing.assert_array_equal(found.token_ids, ids)


def test_more_than_there_are_gives_all():
    found = neighbors(drawn(7, 3), drawn(2, 3, seed=1), k=1_000)
    assert found.token_ids.shape == found.scores.shape == (2, 7)
    np.testing.assert_array_equal(np.sort(found.token_ids, axis=1), np.tile(np.arange(7), (2, 1)))


@EACH_METRIC
@pytest.mark.parametrize("k", [1, 1_000])
def test_the_smallest_and_the_largest_k(metric, k):
    table, queries = drawn(1_500, 9), drawn(2, 9, seed=1)
    assert_are(neighbors(table, queries, k=k, metric=metric), in_float64(table, queries, k, metric), atol=1e-11)


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_another_k_is_named(k):
    with pytest.raises(ShapeError, match=rf"k is {k:,}, but must be 1 to 1,000"):
        neighbors(drawn(5, 3), drawn(1, 3), k=k)


def test_a_single_query_is_a_batch_of_one():
    table, queries = drawn(20, 4), drawn(1, 4, seed=1)
    one, batch = neighbors(table, queries[0], k=3), neighbors(table, queries, k=3)
    np.testing.assert_array_equal(one.token_ids, batch.token_ids)
    np.testing.assert_array_equal(one.scores, batch.scores)
    assert one.token_ids.shape == (1, 3)


@EACH_METRIC
@pytest.mark.parametrize("layout", ["columns first", "every second column", "read-only", "backward"])
def test_how_a_table_lies_in_memory_changes_nothing(metric, layout):
    table, queries = drawn(60, 10), drawn(3, 10, seed=1)
    if layout == "columns first":
        same = np.asfortranarray(table)
    elif layout == "every second column":
        same = np.repeat(table, 2, axis=1)[:, ::2]
    elif layout == "read-only":
        same = table.copy()
        same.flags.writeable = False
    else:
        same = table[::-1].copy()[::-1]
    assert_are(neighbors(same, queries, k=9, metric=metric), by_hand(table, queries, 9, metric))


@EACH_METRIC
@EACH_DTYPE
def test_small_blocks_give_the_same_answer(metric, dtype, monkeypatch):
    table = drawn(200, 7, dtype)
    table[50:150] = table[50]  # rows that only the fallback can put in order
    queries = np.concatenate([drawn(9, 7, seed=1), table[48:53]])
    expected = neighbors(table, queries, k=25, metric=metric)
    own = NeighborIndex(table, metric=metric).graph(5)
    monkeypatch.setattr(MODULE, "_SCORES_AT_ONCE", 450)
    monkeypatch.setattr(MODULE, "_VALUES_AT_ONCE", 300)
    monkeypatch.setattr(MODULE, "_MUCH_SPARE", 20)
    monkeypatch.setattr(MODULE, "_HALF_VALUES_AT_ONCE", 91)
    monkeypatch.setattr(metrics, "_VALUES_AT_ONCE", 60)
    found = neighbors(table, queries, k=25, metric=metric)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert_are(found, by_hand(table, queries, 25, metric))
    np.testing.assert_array_equal(NeighborIndex(table, metric=metric).graph(5).token_ids, own.token_ids)
    all_but_last = np.arange(195)
    few = NeighborIndex(table, metric=metric).search(queries, k=25, without=all_but_last)
    assert_are(few, by_hand(table, queries, 25, metric, all_but_last.tolist()))


@EACH_METRIC
@EACH_DTYPE
def test_what_is_left_out_never_appears(metric, dtype):
    table, queries = drawn(80, 6, dtype), drawn(4, 6, seed=1)
    index = NeighborIndex(table, metric=metric)
    best = index.search(queries, k=3).token_ids[0]
    without = np.concatenate([best, best[:1], [0, 79]])  # an id may come twice
    assert_are(index.search(queries, k=10, without=without), by_hand(table, queries, 10, metric, without.tolist()))
    most = np.arange(78)
    found = index.search(queries, k=10, without=most)
    assert_are(found, by_hand(table, queries, 10, metric, most.tolist()))
    assert found.token_ids.shape == (4, 2)
    none = np.array([], np.int64)
    np.testing.assert_array_equal(index.search(queries, k=3, without=none).token_ids[0], best)


def test_a_crowd_that_is_left_out_in_part():
    index = NeighborIndex(np.ones((300, 3), np.float32))
    found = index.search(np.ones(3), k=4, without=np.arange(0, 300, 2))
    np.testing.assert_array_equal(found.token_ids, [[1, 3, 5, 7]])


def test_leaving_all_out_or_what_is_not_there_is_named():
    index = NeighborIndex(drawn(5, 3))
    with pytest.raises(ShapeError, match="all 5 rows are left out: leave at least one in"):
        index.search(drawn(1, 3), k=2, without=np.arange(5))
    for outside in (5, -1):
        with pytest.raises(ShapeError, match=rf"row {outside} cannot be left out: the table has rows 0…4"):
            index.search(drawn(1, 3), k=2, without=np.array([0, outside]))


@EACH_METRIC
@EACH_DTYPE
@pytest.mark.parametrize("n_equal", [0, 3, 30])
def test_the_graph_holds_the_nearest_other_rows_of_each(metric, dtype, n_equal):
    table = drawn(60, 4, dtype)
    table[10 : 10 + n_equal] = table[10]
    table[3] = 0
    shares = []
    found = NeighborIndex(table, metric=metric).graph(6, progress=shares.append)
    for row in range(60):
        ids, scores = by_hand(table, table[row], 6, metric, [row])
        np.testing.assert_array_equal(found.token_ids[row], ids[0])
        np.testing.assert_allclose(found.scores[row], scores[0], rtol=RTOL, atol=ATOL)
    assert not (found.token_ids == np.arange(60)[:, None]).any()
    assert shares[-1] == 1.0


def test_the_graph_of_equal_rows_goes_by_id():
    found = NeighborIndex(np.ones((20, 3), np.float32)).graph(2)
    np.testing.assert_array_equal(found.token_ids, [[1, 2], [0, 2], *[[0, 1]] * 18])


def test_the_graph_tells_its_progress_and_ends_where_it_raises(monkeypatch):
    monkeypatch.setattr(MODULE, "_SCORES_AT_ONCE", 100)
    index, shares = NeighborIndex(drawn(50, 4)), []
    index.graph(3, progress=shares.append)
    np.testing.assert_allclose(shares, np.arange(1, 26) / 25, rtol=1e-12, atol=0)

    def stop(share):
        raise KeyboardInterrupt(share)

    with pytest.raises(KeyboardInterrupt, match=r"0\.04"):
        index.graph(3, progress=stop)


@pytest.mark.parametrize(("n", "k", "most"), [(5, 5, 4), (5, 0, 4), (2_000, 1_000, 999)])
def test_more_neighbors_than_other_rows_is_named(n, k, most):
    with pytest.raises(ShapeError, match=rf"{k} neighbors of each of {n:,} rows: .* choose k from 1 to {most:,}"):
        NeighborIndex(drawn(n, 2)).graph(k)


@pytest.mark.parametrize(
    ("table", "queries", "words"),
    [
        (np.array([[1.0, 2], [np.nan, 0], [0, np.inf]]), np.ones(2), r"2 of 3 rows of the table hold NaN .*row 1, 2\).*leave them out"),
        (np.array([[-np.inf, 2]], np.float16), np.ones(2), r"1 of 1 rows of the table hold NaN or infinite values \(row 0\)"),
        (np.ones((9, 2)) * np.nan, np.ones(2), r"9 of 9 rows of the table .*row 0, 1, 2, 3, 4, …"),
        (np.ones((3, 2)), np.array([[1.0, 2], [np.nan, 0]]), r"1 of 2 rows of the queries .*row 1"),
        (np.ones((3, 2)), np.ones(3), "queries are 3 wide, the table's rows 2"),
        (np.ones((3, 2)), np.ones((1, 1, 2)), r"the queries has shape \[1, 1, 2\]"),
        (np.ones((3, 2)), np.ones((0, 2)), r"the queries has shape \[0, 2\].*at least one row"),
        (np.ones((0, 2)), np.ones(2), r"the table has shape \[0, 2\]"),
        (np.ones((2, 0)), np.ones(2), r"the table has shape \[2, 0\]"),
        (np.ones(2), np.ones(2), r"the table has shape \[2\]"),
        (np.ones((3, 2), np.int64), np.ones(2), "the table holds int64, but must hold floating-point"),
        (np.ones((3, 2)), np.ones(2, np.int64), "the queries holds int64"),
        (np.ones((3, 2)) * 1e141, np.ones(2), r"row 0 of the table is 1e\+141, but must be 0 or 1e-140 to 1e\+140: scale"),
        (np.ones((3, 2)), np.ones(2) * 1e-141, r"row 0 of the queries is 1e-141, but must be 0 or 1e-140 to 1e\+140"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(table, queries, words):
    with pytest.raises(ShapeError, match=words):
        neighbors(table, queries, k=1)


def test_an_unknown_metric_is_named():
    with pytest.raises(ShapeError, match="no metric 'manhattan': choose cosine, dot, euclidean"):
        neighbors(np.eye(2), np.ones(2), k=1, metric="manhattan")


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is there, and would be taken"
)
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ProviderUnavailable, match=r"requirements-gpu\.txt.*'cpu'"):
        NeighborIndex(drawn(5, 3), provider="cuda")
    assert NeighborIndex(drawn(5, 3), provider="auto").provider_report.actual == "cpu"


@pytest.mark.gpu
@EACH_METRIC
@EACH_DTYPE
def test_the_device_gives_the_answer_of_the_cpu(metric, dtype):
    table = drawn(5_000, 64, dtype)
    table[100:400] = table[100]
    queries = np.concatenate([drawn(20, 64, seed=1), table[98:103]])
    index = NeighborIndex(table, metric=metric, provider="cuda")
    assert index.provider_report.actual == "cuda"
    found, expected = index.search(queries, k=50), NeighborIndex(table, metric=metric).search(queries, k=50)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(index.graph(15).token_ids, NeighborIndex(table, metric=metric).graph(15).token_ids)


@pytest.mark.gpu
def test_the_device_multiplies_in_float32_not_in_tf32():
    """The proof of an answer trusts float32's 24 bits; TF32 has 11."""
    table, query = drawn(2_000, 256), drawn(1, 256, seed=1)
    index = NeighborIndex(table, metric="dot", provider="cuda")
    rough, ids = index._run(query, 50, index._bias)
    exact = (table.astype(np.float64) @ query[0].astype(np.float64))[ids[0]]
    np.testing.assert_allclose(rough[0], exact, rtol=0, atol=float(index._rounding(np.linalg.norm(query, axis=1))[0]))


@EACH_DTYPE
def test_threads_share_one_index(dtype):
    table = drawn(3_000, 16, dtype)
    index = NeighborIndex(table)
    asked = [drawn(3, 16, seed=seed) for seed in range(24)]
    left_out = [np.arange(seed * 100, seed * 100 + 50) for seed in range(24)]

    def search(queries, without):
        return index.search(queries, k=30, without=without)

    alone = [search(*both) for both in zip(asked, left_out, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(search, asked, left_out))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.token_ids, other.token_ids)
        np.testing.assert_array_equal(one.scores, other.scores)
