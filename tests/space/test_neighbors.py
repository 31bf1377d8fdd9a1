"""The nearest rows are those of float64, whatever float32 thinks of them: ids and scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedcore.space.neighbors import NeighborIndex, neighbors
from tests.space.by_hand import EACH_DTYPE, EACH_METRIC, assert_are, by_hand, drawn, in_float64


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
    answer = neighbors(pydoc.table, pydoc.table[chosen], k=20, metric=metric)
    assert_are(answer, in_float64(pydoc.table, pydoc.table[chosen], 20, metric), atol=1e-11)


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
    answer = NeighborIndex(table, metric=metric).search(queries, k=k, without=np.array(without, np.int64))
    assert_are(answer, by_hand(table, queries, k, metric, without))


def test_more_than_there_are_gives_all():
    answer = neighbors(drawn(7, 3), drawn(2, 3, seed=1), k=1_000)
    assert answer.token_ids.shape == answer.scores.shape == (2, 7)
    np.testing.assert_array_equal(np.sort(answer.token_ids, axis=1), np.tile(np.arange(7), (2, 1)))


@EACH_METRIC
@pytest.mark.parametrize("k", [1, 1_000])
def test_the_smallest_and_the_largest_k(metric, k):
    table, queries = drawn(1_500, 9), drawn(2, 9, seed=1)
    assert_are(neighbors(table, queries, k=k, metric=metric), in_float64(table, queries, k, metric), atol=1e-11)


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
