"""BERT's `relative_key` (Shaw et al. 2018, keys alone) and `relative_key_query` (Huang et al. 2020, method 4).

Method 4 is e_ij = (q_i·k_j + q_i·a_ij + k_j·a_ij) / √d, with a_ij the row i − j + m − 1 of 2m − 1.
"""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.bert_relative import BertRelativeKey, BertRelativeKeyQuery
from tests.nn.huggingface import relative_key_shares
from tests.nn.oracles import (
    assert_refused,
    assert_rows,
    assert_scores,
    at_all_places,
    dot,
    draw,
    draw_heads,
    each_distance,
    each_pair,
    shifted,
    softmax,
)

M, HEAD_DIM = 5, 6  # so that 4 is the largest distance
TABLE = draw(2 * M - 1, HEAD_DIM, seed=3)
SCHEMES = pytest.mark.parametrize("scheme", [BertRelativeKey, BertRelativeKeyQuery], ids=lambda scheme: scheme.name)


def row(distance, m=M):
    """Return row i − j + m − 1, or the first or last row where BERT has none."""
    return min(max(distance + m - 1, 0), 2 * m - 2)


@at_all_places
def test_scores_are_the_papers(run, n_heads, query_positions, key_positions):
    inputs = draw_heads(n_heads, query_positions, key_positions, HEAD_DIM)
    outputs = run("bert_relative", table=TABLE, **inputs)
    root = math.sqrt(HEAD_DIM)
    assert_scores(outputs["scores"], each_pair(inputs, lambda q, k, _i, _j, _h: dot(q, k) / root))
    assert_scores(outputs["query_scores"], each_pair(inputs, lambda q, _k, i, j, _h: dot(q, TABLE[row(i - j)]) / root))
    assert_scores(outputs["key_scores"], each_pair(inputs, lambda _q, k, i, j, _h: dot(k, TABLE[row(i - j)]) / root))
    assert_rows(outputs["rows"], each_distance(query_positions, key_positions, row))


def test_the_next_key_takes_the_row_before_the_middle(run):
    """BERT's distance is i − j, so keys ahead of the query take the first rows, the other way round than in Shaw et al."""
    outputs = run("bert_relative", table=TABLE[:5], **draw_heads(1, [10], range(7, 14), HEAD_DIM))
    assert_rows(outputs["rows"], [[4, 4, 3, 2, 1, 0, 0]])


def test_scores_depend_on_the_distance_alone(run):
    inputs = draw_heads(12, range(7), range(9), HEAD_DIM)
    here = run("bert_relative", table=TABLE, **inputs)
    there = run("bert_relative", table=TABLE, **shifted(inputs, 12_345))
    for name, scores in here.items():
        np.testing.assert_allclose(there[name], scores, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)


@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(1, 1), (2, 2), (5, 5), (3, 5), (5, 2), (12, 9)])
def test_attention_with_the_query_term_is_that_of_transformers(run, n_heads, n_queries, n_keys):
    """transformers 5 has no code for `relative_key_query`, which adds the key's term: only the formula above tests it."""
    inputs = draw_heads(n_heads, range(n_queries), range(n_keys), HEAD_DIM)
    outputs = run("bert_relative", table=TABLE, **inputs)
    np.testing.assert_allclose(
        softmax(outputs["scores"] + outputs["query_scores"]),
        relative_key_shares(inputs["queries"], inputs["keys"], TABLE),
        rtol=contract.SCORE_RTOL,
        atol=contract.SCORE_ATOL,
    )


@SCHEMES
@pytest.mark.parametrize("n", [1, 2, 5, 6, 13])
def test_the_model_files_rows_are_those_of_the_distances(scheme, n):
    made = scheme.drawn(d_model=24, context_length=13, n_heads=4, max_distance=M)
    vectors = made.outputs(torch.arange(n))[contract.RELATIVE_EMBEDDINGS].detach().numpy()
    table = made.table.detach().numpy()
    assert table.shape == (9, 6)
    np.testing.assert_array_equal(vectors, [table[row(r - (n - 1))] for r in range(2 * n - 1)])


def test_a_table_of_one_row_serves_every_distance():
    scheme = BertRelativeKey(torch.tensor([[7.0, 8.0]]), n_heads=1, max_distance=1)
    vectors = scheme.outputs(torch.arange(3))[contract.RELATIVE_EMBEDDINGS].detach().numpy()
    np.testing.assert_array_equal(vectors, [[7, 8]] * 5)


@SCHEMES
@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"max_distance": 0}, ("max_distance is 0", "1 or more")),
        ({"d_model": 10}, ("10", "4 heads", "1, 2, 5, 10")),
        ({"n_heads": 0}, ("24", "0 heads")),
    ],
)
def test_what_has_no_table_is_refused(scheme, change, fragments):
    settings = {"d_model": 24, "context_length": 8, "n_heads": 4, "max_distance": M} | change
    assert_refused(lambda: scheme.drawn(**settings), *fragments)
