"""An index of one table, kept for many searches: blocks, rows that are left out, the graph, threads, devices."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest

from embedcore.errors import ProviderUnavailable, ShapeError
from embedcore.space import metrics
from embedcore.space.neighbors import NeighborIndex, neighbors
from tests.space.by_hand import ATOL, EACH_DTYPE, EACH_METRIC, RTOL, assert_are, by_hand, drawn, in_float64

MODULE = sys.modules["embedcore.space.neighbors"]  # the package's attribute of this name is the function


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
    answer = neighbors(table, queries, k=25, metric=metric)
    np.testing.assert_array_equal(answer.token_ids, expected.token_ids)
    np.testing.assert_array_equal(answer.scores, expected.scores)
    assert_are(answer, by_hand(table, queries, 25, metric))
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
    answer = index.search(queries, k=10, without=most)
    assert_are(answer, by_hand(table, queries, 10, metric, most.tolist()))
    assert answer.token_ids.shape == (4, 2)
    none = np.array([], np.int64)
    np.testing.assert_array_equal(index.search(queries, k=3, without=none).token_ids[0], best)


def test_a_crowd_that_is_left_out_in_part():
    index = NeighborIndex(np.ones((300, 3), np.float32))
    answer = index.search(np.ones(3), k=4, without=np.arange(0, 300, 2))
    np.testing.assert_array_equal(answer.token_ids, [[1, 3, 5, 7]])


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
    nearest = NeighborIndex(table, metric=metric).graph(6, progress=shares.append)
    for row in range(60):
        ids, scores = by_hand(table, table[row], 6, metric, [row])
        np.testing.assert_array_equal(nearest.token_ids[row], ids[0])
        np.testing.assert_allclose(nearest.scores[row], scores[0], rtol=RTOL, atol=ATOL)
    assert not (nearest.token_ids == np.arange(60)[:, None]).any()
    assert shares[-1] == 1.0


def test_the_graph_of_equal_rows_goes_by_id():
    nearest = NeighborIndex(np.ones((20, 3), np.float32)).graph(2)
    np.testing.assert_array_equal(nearest.token_ids, [[1, 2], [0, 2], *[[0, 1]] * 18])


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
    answer, expected = index.search(queries, k=50), NeighborIndex(table, metric=metric).search(queries, k=50)
    np.testing.assert_array_equal(answer.token_ids, expected.token_ids)
    np.testing.assert_array_equal(answer.scores, expected.scores)
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
    queries_of_threads = [drawn(3, 16, seed=seed) for seed in range(24)]
    left_out = [np.arange(seed * 100, seed * 100 + 50) for seed in range(24)]

    def search(queries, without):
        return index.search(queries, k=30, without=without)

    alone = [search(*both) for both in zip(queries_of_threads, left_out, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(search, queries_of_threads, left_out))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.token_ids, other.token_ids)
        np.testing.assert_array_equal(one.scores, other.scores)


@EACH_METRIC
def test_a_float32_table_is_searched_where_it_lies(metric):
    """A second table, normalized for cosines, would double what a model takes in memory."""
    table = drawn(60, 6)
    table.flags.writeable = False
    index = NeighborIndex(table, metric=metric)
    assert np.shares_memory(index._rows, table)
    queries = drawn(3, 6, seed=1)
    for some in (queries, queries[:1]):  # many go through the graph, one does not
        assert_are(index.search(some, k=9), by_hand(table, some, 9, metric))


@pytest.mark.parametrize("shortest", [2.0**-31, 2.0**-30, 2.0**-29, 1e-38, 0.0])
@pytest.mark.parametrize("longest", [1.0, 2.0**30, 2.0**31, 1e38])
def test_rows_of_all_lengths_keep_the_order_of_their_cosines(shortest, longest):
    table = drawn(40, 5)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    table[::2] *= np.float32(shortest)
    table[1::2] *= np.float32(longest)
    queries = drawn(3, 5, seed=1)
    for some in (queries, queries[:1]):
        assert_are(neighbors(table, some, k=30), by_hand(table, some, 30, "cosine"))


@pytest.mark.parametrize("shortest", [0.01, 1e-44])
def test_one_query_over_rows_of_many_lengths_equals_float64(shortest):
    """One query goes by numpy's product, many by the graph; rows near 1e-44 have no float32 scale."""
    table = drawn(5_000, 48)
    table *= np.geomspace(shortest, 1.0, len(table), dtype=np.float64)[::-1, None].astype(np.float32)
    index = NeighborIndex(table)
    for seed in range(5):
        query = drawn(1, 48, seed=seed + 1)
        assert_are(index.search(query, k=20), in_float64(table, query, 20, "cosine"), atol=1e-11)
