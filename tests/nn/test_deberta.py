"""He et al. 2021, equations 2 to 4: A_ij = q_i·k_j + q_i·K_δ(i,j) + k_j·Q_δ(j,i), over √(3d); and DeBERTa v2's buckets."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedcore import contract
from embedcore.nn.deberta import Deberta
from embedcore.schemes.attention import largest_distance
from embedcore.schemes.buckets import deberta_rows
from tests.nn.graphs import by_onnx, by_torch
from tests.nn.huggingface import deberta_buckets, deberta_log_shares, deberta_v1, deberta_v2
from tests.nn.oracles import (
    assert_refused,
    assert_rows,
    assert_same_buckets,
    assert_scores,
    at_all_places,
    dot,
    draw,
    draw_heads,
    each_distance,
    each_pair,
    shifted,
)

HEAD_DIM = 6
# (k, max_distance, has_buckets)
PLAIN, BUCKETED = (4, 4, False), (8, 20, True)
KINDS = pytest.mark.parametrize("kind", [PLAIN, BUCKETED], ids=["plain", "bucketed"])


def bucket(distance, n_buckets, max_distance):
    """Return v2's bucket in whole numbers: ⌈log(d/h) / log((max − 1)/h) · (h − 1)⌉ + h for d > h, half of the buckets.

    The ceiling is the least m with (d/h)^(h−1) ≤ ((max − 1)/h)^m, both sides times a power of h.
    """
    half, size = n_buckets // 2, abs(distance)
    if size <= half:
        return distance
    m = 0
    while size ** (half - 1) * half**m > (max_distance - 1) ** m * half ** (half - 1):
        m += 1
    return (half + m) * (1 if distance > 0 else -1)


def logarithms(distances, n_buckets, max_distance):
    """Return log(d/h) / log((max − 1)/h) · (h − 1) of each distance, float64, and 0 where the bucket is exact."""
    half = n_buckets // 2
    return np.log(np.maximum(np.abs(distances), half) / half) / np.log((max_distance - 1) / half) * (half - 1)


def delta(distance, kind):
    """Return equation 3's δ(i, j) for `distance` i − j."""
    k, max_distance, has_buckets = kind
    if has_buckets:
        distance = bucket(distance, k, max_distance)
    if distance <= -k:
        return 0
    return 2 * k - 1 if distance >= k else distance + k


def draw_inputs(kind, n_heads, query_positions, key_positions, *, is_released=True):
    k, max_distance, has_buckets = kind
    return draw_heads(n_heads, query_positions, key_positions, HEAD_DIM) | {
        "key_table": draw(n_heads, 2 * k, HEAD_DIM, seed=3),
        "query_table": draw(n_heads, 2 * k, HEAD_DIM, seed=4),
        "rows_by_distance": deberta_rows(
            min(max_distance, largest_distance(np.array(query_positions), np.array(key_positions))),
            max_distance=max_distance, n_buckets=k * has_buckets,
        ),
        "is_released": is_released,
    }  # fmt: skip


def our_buckets(run, distances, n_buckets, max_distance):
    """Return δ − k, which is the bucket, clipped to −k … k − 1."""
    inputs = draw_inputs((n_buckets, max_distance, True), 1, distances, [0])
    return run("deberta", **inputs)["rows"][:, 0] - n_buckets


def borrowed(version, kind, part, inputs, table):
    """Return DeBERTa's own c2p or p2c, of `version` "v1" or "v2"."""
    k, max_distance, has_buckets = kind
    vectors = part, inputs["queries"], inputs["keys"], table
    return deberta_v1(*vectors) if version == "v1" else deberta_v2(*vectors, max_distance, k if has_buckets else -1)


VERSIONS = pytest.mark.parametrize(
    ("version", "kind"), [("v1", PLAIN), ("v2", PLAIN), ("v2", BUCKETED)], ids=["v1", "v2", "v2 bucketed"]
)


@at_all_places
@KINDS
@pytest.mark.parametrize("is_released", [True, False], ids=["released", "paper"])
def test_the_three_terms_are_the_papers(run, is_released, kind, n_heads, query_positions, key_positions):
    """Only p2c differs in the released code, which has δ(i, j) where the paper has δ(j, i)."""
    inputs = draw_inputs(kind, n_heads, query_positions, key_positions, is_released=is_released)
    outputs = run("deberta", **inputs)
    key_table, query_table, root = inputs["key_table"], inputs["query_table"], math.sqrt(3 * HEAD_DIM)

    def p2c(_q, k, i, j, h):
        return dot(k, query_table[h][delta(i - j if is_released else j - i, kind)]) / root

    assert_scores(outputs["c2c"], each_pair(inputs, lambda q, k, *_: dot(q, k) / root))
    assert_scores(
        outputs["c2p"], each_pair(inputs, lambda q, _k, i, j, h: dot(q, key_table[h][delta(i - j, kind)]) / root)
    )
    assert_scores(outputs["p2c"], each_pair(inputs, p2c))
    assert_rows(outputs["rows"], each_distance(query_positions, key_positions, lambda distance: delta(distance, kind)))


def test_distances_are_clipped_one_earlier_behind_than_ahead(run):
    """Of the 2k rows, distance −k has row 0, 0 has row k, and k shares the last row with k − 1."""
    outputs = run("deberta", **draw_inputs((2, 2, False), 1, [10], range(6, 15)))
    assert_rows(outputs["rows"], [[3, 3, 3, 3, 2, 1, 0, 0, 0]])


@KINDS
def test_scores_depend_on_the_distance_alone(run, kind):
    inputs = draw_inputs(kind, 12, range(7), range(9))
    here, there = run("deberta", **inputs), run("deberta", **shifted(inputs, 12_345))
    for name, scores in here.items():
        np.testing.assert_allclose(there[name], scores, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)


@VERSIONS
@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize("n", [1, 2, 5, 7, 30])
def test_content_to_position_is_that_of_transformers(run, version, kind, n_heads, n):
    inputs = draw_inputs(kind, n_heads, range(n), range(n))
    assert_scores(run("deberta", **inputs)["c2p"], borrowed(version, kind, "c2p", inputs, inputs["key_table"]))


@VERSIONS
@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize("n", [1, 2, 5, 7, 30])
def test_position_to_content_is_that_of_transformers(run, version, kind, n_heads, n):
    """The paper writes k_j·Q_δ(j,i). The code gathers by δ(j,i) and transposes after, which gives k_j·Q_δ(i,j)."""
    inputs = draw_inputs(kind, n_heads, range(n), range(n))
    assert_scores(run("deberta", **inputs)["p2c"], borrowed(version, kind, "p2c", inputs, inputs["query_table"]))


@VERSIONS
@pytest.mark.parametrize("n_heads", [1, 12])
@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_the_whole_score_is_that_of_transformers(run, version, kind, n_heads, n):
    """The attention module itself runs; its softmax leaves the scores known up to a constant for each query."""
    inputs = draw_inputs(kind, n_heads, range(n), range(n))
    _, max_distance, has_buckets = kind
    expected = deberta_log_shares(
        version, *(inputs[name] for name in ("queries", "keys", "key_table", "query_table")), max_distance,
        kind[0] if has_buckets else -1,
    )  # fmt: skip

    def whole(**changes):
        outputs = run("deberta", **inputs | changes)
        scores = sum(outputs[name].astype(np.float64) for name in ("c2c", "c2p", "p2c"))
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))

    np.testing.assert_allclose(whole(), expected, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)
    if n > 2:  # the two forms are far apart
        assert np.abs(whole(is_released=False) - expected).max() > 0.5


@VERSIONS
@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize("n", [1, 2, 5, 7, 30])
def test_the_papers_position_to_content_is_that_of_transformers_with_its_table_turned_round(
    run, version, kind, n_heads, n
):
    """δ(j,i) = 2k − δ(i,j) where both are unclipped, so ours is theirs with row r moved to 2k − r.

    Their row 0, for keys k or more positions ahead, is our last. For keys behind, this holds up to distance k − 1, where
    ours has row 1. From k on ours has row 0, while theirs has its last row for both, so no table of theirs gives the
    same. A model trained by their code and read by the paper's formula therefore needs its query table turned round.
    """
    inputs = draw_inputs(kind, n_heads, range(n), range(n), is_released=False)
    table = inputs["query_table"]
    turned = np.concatenate((table[:, -1:], table[:, :0:-1]), axis=1)
    theirs, ours = borrowed(version, kind, "p2c", inputs, turned), run("deberta", **inputs)["p2c"]
    is_told_apart = each_distance(range(n), range(n), lambda distance: delta(-distance, kind) > 0)
    np.testing.assert_allclose(
        ours[:, is_told_apart], theirs[:, is_told_apart], rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL
    )
    behind = each_distance(range(n), range(n), lambda distance: distance)[~is_told_apart]
    assert (behind >= kind[0]).all()
    if n == 30:  # the exception is real
        assert np.abs(ours - theirs)[:, ~is_told_apart].max() > 0.01


@pytest.mark.parametrize(
    ("n_buckets", "max_distance"),
    [(4, 5), (4, 9), (6, 76), (8, 20), (8, 33), (10, 12), (12, 193), (16, 64), (32, 128), (64, 256), (256, 512)],
)
def test_buckets_are_those_of_whole_numbers_and_of_transformers(run, n_buckets, max_distance):
    distances = np.arange(-5_000, 5_001) if n_buckets < 100 else np.arange(-600, 601)
    ours = our_buckets(run, distances, n_buckets, max_distance)
    expected = [delta(d, (n_buckets, max_distance, True)) - n_buckets for d in distances.tolist()]
    assert_rows(ours, expected)
    theirs = deberta_buckets(distances, n_buckets, max_distance)
    theirs = np.clip(theirs, -n_buckets, n_buckets - 1)
    assert_same_buckets(ours, theirs, logarithms(distances, n_buckets, max_distance))


@pytest.mark.parametrize(
    ("n_buckets", "max_distance", "distance", "exact"),
    [
        (18, 17, 12, 13),  # (12/9)⁸ = (16/9)⁴
        (18, 65, 24, 13),  # (24/9)⁸ = (64/9)⁴
        (54, 49, 36, 40),  # (36/27)²⁶ = (48/27)¹³
        (98, 1025, 224, 73),  # (224/49)⁴⁸ = (1024/49)²⁴
        (26, 311, 238, 25),  # log(238/13) / log(310/13) · 12 = 11.000001
        (100, 171, 114, 84),  # log(114/50) / log(170/50) · 49 = 33.000006
    ],
)
def test_transformers_falls_at_most_one_bucket_off_and_where_its_float32_logarithm_rounds(
    run, n_buckets, max_distance, distance, exact
):
    """Where the logarithm is whole, or nearly, the ceiling depends on its last bit, which differs between processors."""
    distances = np.arange(max_distance)
    ours = our_buckets(run, distances, n_buckets, max_distance)
    assert_rows(ours, [bucket(d, n_buckets, max_distance) for d in distances.tolist()])
    assert ours[distance] == exact
    assert_same_buckets(
        ours, deberta_buckets(distances, n_buckets, max_distance), logarithms(distances, n_buckets, max_distance)
    )


def test_buckets_whose_logarithm_is_whole_keep_to_whole_numbers(run):
    """Distances such as h, 2h, 4h and 8h for max 8h + 1 have whole logarithms, some of which float64 misses by a bit."""
    for half in range(2, 20):
        for power, ratio in [(2, 2), (3, 2), (4, 2), (7, 2), (2, 3), (3, 3), (2, 5)]:
            kind = 2 * half, half * ratio**power + 1
            distances = [half * ratio**i + near for i in range(power + 1) for near in (-1, 0)]
            assert_rows(our_buckets(run, distances, *kind), [bucket(distance, *kind) for distance in distances])


@given(st.integers(2, 40), st.integers(2, 5_000), st.integers(-100_000, 100_000))
def test_buckets_are_those_of_whole_numbers_whatever_the_setting(half, more, distance):
    n_buckets, max_distance = 2 * half, half + more
    within = max(-max_distance, min(distance, max_distance))  # so that the oracle has few distances to compute
    for run in (by_torch, by_onnx):
        row = our_buckets(run, [distance], n_buckets, max_distance).item()
        assert row == delta(within, (n_buckets, max_distance, True)) - n_buckets


@pytest.mark.parametrize("kind", [PLAIN, BUCKETED, (1, 1, False), (2, 2, False)], ids=str)
@pytest.mark.parametrize("n", [1, 2, 5, 7, 30])
def test_the_model_files_rows_are_those_of_the_distances(kind, n):
    k, max_distance, has_buckets = kind
    scheme = Deberta.drawn(
        d_model=24, context_length=30, n_heads=4, max_distance=max_distance, n_buckets=k * has_buckets
    )
    vectors = scheme.outputs(torch.arange(n))[contract.RELATIVE_EMBEDDINGS].detach().numpy()
    table = scheme.table.detach().numpy()
    assert table.shape == (2 * k, 6)
    np.testing.assert_array_equal(vectors, [table[delta(r - (n - 1), kind)] for r in range(2 * n - 1)])


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"max_distance": 0}, ("max_distance is 0", "1 or more")),
        ({"d_model": 10}, ("10", "4 heads")),
        ({"n_heads": 0}, ("24", "0 heads")),
        ({"n_buckets": 2}, ("n_buckets is 2", "4 or more")),
        ({"n_buckets": 7}, ("n_buckets is 7", "even")),
        ({"n_buckets": -2}, ("n_buckets is -2", "4 or more")),
        ({"n_buckets": 38}, ("max_distance is 20", "more than 20")),
        ({"n_buckets": 8, "max_distance": 5}, ("max_distance is 5", "more than 5")),
    ],
)
def test_what_has_no_table_is_refused(change, fragments):
    settings = {"d_model": 24, "context_length": 8, "n_heads": 4, "max_distance": 20} | change
    assert_refused(lambda: Deberta.drawn(**settings), *fragments)
