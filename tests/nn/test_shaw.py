"""Shaw et al. 2018, section 3.2: e_ij = q_i·(k_j + a_ij)ᵀ / √d, with a_ij = w_clip(j − i, k)."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.shaw import Shaw
from tests.nn.huggingface import shaw_shares
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

K, HEAD_DIM = 4, 6
TABLE = draw(2 * K + 1, HEAD_DIM, seed=3)


def clip(x, k):
    """Return equation 4's max(−k, min(k, x))."""
    return max(-k, min(k, x))


def row(distance, k=K):
    """Return where w_clip(j − i, k) lies in a table that begins with w_−k; `distance` is i − j."""
    return clip(-distance, k) + k


@at_all_places
def test_scores_are_the_papers(run, n_heads, query_positions, key_positions):
    inputs = draw_heads(n_heads, query_positions, key_positions, HEAD_DIM)
    outputs = run("shaw", table=TABLE, **inputs)

    def e(q, k, i, j, _):
        return dot(q, [x + float(a) for x, a in zip(k, TABLE[row(i - j)], strict=True)]) / math.sqrt(HEAD_DIM)

    def of_position(q, _k, i, j, _):
        return dot(q, TABLE[row(i - j)]) / math.sqrt(HEAD_DIM)

    assert_scores(outputs["scores"], each_pair(inputs, e))
    assert_scores(outputs["position_scores"], each_pair(inputs, of_position))
    assert_rows(outputs["rows"], each_distance(query_positions, key_positions, row))


def test_the_next_key_takes_the_row_after_the_middle(run):
    """The paper's distance is j − i, so keys ahead of the query take the last rows."""
    outputs = run("shaw", table=TABLE[:5], **draw_heads(1, [10], range(7, 14), HEAD_DIM))
    assert_rows(outputs["rows"], [[0, 0, 1, 2, 3, 4, 4]])


def test_scores_depend_on_the_distance_alone(run):
    inputs = draw_heads(12, range(7), range(9), HEAD_DIM)
    here, there = run("shaw", table=TABLE, **inputs), run("shaw", table=TABLE, **shifted(inputs, 12_345))
    for name, scores in here.items():
        np.testing.assert_allclose(there[name], scores, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)


@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize("n", [1, 2, 7, 13])
def test_attention_is_that_of_wav2vec2_bert(run, n_heads, n):
    """The `relative_key` of Wav2Vec2-BERT is Shaw's: it clips j − i to both sides, and its table begins with w_−k."""
    inputs = draw_heads(n_heads, range(n), range(n), HEAD_DIM)
    expected = shaw_shares(inputs["queries"], inputs["keys"], TABLE)
    np.testing.assert_allclose(
        softmax(run("shaw", table=TABLE, **inputs)["scores"]),
        expected,
        rtol=contract.SCORE_RTOL,
        atol=contract.SCORE_ATOL,
    )


@pytest.mark.parametrize("n", [1, 2, 7, 13])
def test_the_model_files_rows_are_those_of_the_distances(n):
    scheme = Shaw.drawn(d_model=24, context_length=13, n_heads=4, max_distance=K)
    vectors = scheme.outputs(torch.arange(n))[contract.RELATIVE_EMBEDDINGS].detach().numpy()
    table = scheme.table.detach().numpy()
    assert table.shape == (9, 6)
    np.testing.assert_array_equal(vectors, [table[row(r - (n - 1))] for r in range(2 * n - 1)])


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"max_distance": 0}, ("max_distance is 0", "1 or more")),
        ({"max_distance": -3}, ("max_distance is -3", "1 or more")),
        ({"d_model": 10}, ("10", "4 heads", "1, 2, 5, 10")),
        ({"n_heads": 0}, ("24", "0 heads")),
    ],
)
def test_what_has_no_table_is_refused(change, fragments):
    settings = {"d_model": 24, "context_length": 8, "n_heads": 4, "max_distance": K} | change
    assert_refused(lambda: Shaw.drawn(**settings), *fragments)


def test_a_table_for_no_distance_is_refused():
    assert_refused(lambda: Shaw(torch.zeros(1, 2), n_heads=1, max_distance=0), "max_distance is 0", "1 or more")
    assert_refused(lambda: Shaw(torch.zeros(3, 2), n_heads=0, max_distance=1), "n_heads is 0", "1 or more")
