"""Dai et al. 2019, section 3.3: A = q·k (a) + q·W R_{i−j} (b) + u·k (c) + v·W R_{i−j} (d)."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.transformer_xl import TransformerXL
from tests.nn.huggingface import transformer_xl_scores, xlnet_shares
from tests.nn.oracles import (
    assert_refused,
    assert_scores,
    assert_sums,
    at_all_places,
    dot,
    draw,
    draw_heads,
    each_pair,
    shifted,
    softmax,
)

HEAD_DIM = 4


def wave(distance, width, base):
    """Return R_distance: Vaswani et al.'s sine and cosine of a distance, which may be negative."""
    angles = [distance / base ** (2 * i / width) for i in range(width // 2)]
    return [function(angle) for angle in angles for function in (math.sin, math.cos)]


def through(vector, weights):
    """Return vector · weights, [head_dim] of [d_model] and [d_model, head_dim]."""
    return [dot(vector, column) for column in zip(*weights, strict=True)]


def draw_inputs(n_heads, query_positions, key_positions, d_model, base=10_000.0, wider=0, *, is_halves=False):
    distances = [i - j for i in query_positions for j in key_positions]
    return draw_heads(n_heads, query_positions, key_positions, HEAD_DIM) | {
        "distances": np.arange(min(distances) - wider, max(distances) + 1 + wider),
        "pairs": np.arange(d_model // 2),
        "base": base,
        "projection": draw(n_heads, d_model, HEAD_DIM, seed=4) / np.float32(math.sqrt(d_model)),
        "u": draw(n_heads, 1, HEAD_DIM, seed=5),
        "v": draw(n_heads, 1, HEAD_DIM, seed=6),
        "is_halves": is_halves,
    }


def papers_terms(inputs):
    """Return (a), (b), (c), (d), each / √d, [n_heads, n_queries, n_keys]."""
    weights, u, v = (inputs[name].tolist() for name in ("projection", "u", "v"))
    projected = {
        (distance, h): through(wave(distance, len(rows), inputs["base"]), rows)
        for distance in inputs["distances"].tolist()
        for h, rows in enumerate(weights)
    }
    root = math.sqrt(HEAD_DIM)
    return (
        each_pair(inputs, lambda q, k, _i, _j, _h: dot(q, k) / root),
        each_pair(inputs, lambda q, _k, i, j, h: dot(q, projected[i - j, h]) / root),
        each_pair(inputs, lambda _q, k, _i, _j, h: dot(u[h][0], k) / root),
        each_pair(inputs, lambda _q, _k, i, j, h: dot(v[h][0], projected[i - j, h]) / root),
    )


def total(terms):
    return sum(terms[name] for name in "abcd")


@at_all_places
@pytest.mark.parametrize("base", [10_000.0, 2.5])
def test_the_four_terms_are_the_papers(run, n_heads, query_positions, key_positions, base):
    inputs = draw_inputs(n_heads, query_positions, key_positions, 8, base)
    outputs = run("transformer_xl", **inputs)
    a, b, c, d = papers_terms(inputs)
    assert_scores(outputs["a"], a)
    assert_scores(outputs["b"], b)
    assert_scores(outputs["c"], c[:, :1])  # the same for every query, so it is given once
    np.testing.assert_array_equal(c, np.broadcast_to(c[:, :1], c.shape))
    assert_scores(outputs["d"], d)
    assert_sums(outputs["relative_embeddings"], [wave(distance, 8, base) for distance in inputs["distances"].tolist()])


def test_a_projection_as_wide_as_twenty_heads_is_the_papers(run):
    inputs = draw_inputs(20, range(3), range(3), 20 * HEAD_DIM)
    outputs = run("transformer_xl", **inputs)
    assert_scores(total(outputs), sum(papers_terms(inputs)))


def test_distances_that_no_pair_has_change_nothing(run):
    close = run("transformer_xl", **draw_inputs(2, range(3), range(5), 8))
    wide = run("transformer_xl", **draw_inputs(2, range(3), range(5), 8, wider=10))
    assert_scores(total(wide), total(close))


def test_scores_depend_on_the_distance_alone(run):
    inputs = draw_inputs(12, range(7), range(9), 8)
    here, there = run("transformer_xl", **inputs), run("transformer_xl", **shifted(inputs, 12_345))
    for name, values in here.items():
        assert_scores(there[name], values)


@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_scores_are_those_of_wav2vec2_bert(run, n_heads, n):
    """The `relative` positions of Wav2Vec2-BERT look to both sides, and have sines and cosines in turn, as in the paper."""
    inputs = draw_inputs(n_heads, range(n), range(n), n_heads * HEAD_DIM)
    expected = transformer_xl_scores(*(inputs[name] for name in ("queries", "keys", "projection", "u", "v")))
    assert_scores(total(run("transformer_xl", **inputs)), expected)


@pytest.mark.parametrize("n_heads", [1, 12])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(1, 1), (2, 2), (7, 7), (3, 9)])
def test_attention_is_that_of_xlnet(run, n_heads, n_queries, n_keys):
    """In XLNet's R, all sines stand before all cosines.

    XLNet has u and v for each head and looks to both sides; keys before the queries are its memory.
    """
    inputs = draw_inputs(n_heads, range(n_keys - n_queries, n_keys), range(n_keys), 8, is_halves=True)
    expected = xlnet_shares(*(inputs[name] for name in ("queries", "keys", "projection", "u", "v")))
    np.testing.assert_allclose(
        softmax(total(run("transformer_xl", **inputs))),
        expected,
        rtol=contract.SCORE_RTOL,
        atol=contract.SCORE_ATOL,
    )


@pytest.mark.parametrize("n", [1, 2, 7, 600])
@pytest.mark.parametrize("base", [10_000.0, 3.0])
def test_the_model_files_rows_are_waves_of_the_distances(n, base):
    scheme = TransformerXL.drawn(d_model=24, context_length=600, n_heads=4, base=base)
    vectors = scheme.outputs(torch.arange(n))[contract.RELATIVE_EMBEDDINGS].numpy()
    assert_sums(vectors, [wave(r - (n - 1), 6, base) for r in range(2 * n - 1)])
    halves = TransformerXL.drawn(d_model=24, context_length=600, n_heads=4, base=base, wave_layout="halves")
    in_halves = halves.outputs(torch.arange(n))[contract.RELATIVE_EMBEDDINGS].numpy()
    np.testing.assert_array_equal(in_halves, vectors[:, [0, 2, 4, 1, 3, 5]])
    assert halves.hyperparameters() == {"n_heads": 4, "base": base, "wave_layout": "halves"}


def test_a_sequence_past_the_stored_distances_fails_rather_than_stop_early():
    with pytest.raises(IndexError):
        TransformerXL(3, 4, n_heads=1).outputs(torch.arange(4))


def test_ahead_and_behind_differ_in_their_sines_alone():
    rows = TransformerXL(5, 6, n_heads=1).outputs(torch.arange(5))[contract.RELATIVE_EMBEDDINGS].numpy()
    np.testing.assert_array_equal(rows[:, 0::2], -rows[::-1, 0::2])
    np.testing.assert_array_equal(rows[:, 1::2], rows[::-1, 1::2])


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"d_model": 12}, ("head_dim is 3", "heads, or a d_model of ")),
        ({"d_model": 10}, ("10", "4 heads")),
        ({"context_length": 0}, ("n_positions is 0", "1 or more")),
        ({"base": 0.0}, ("base is 0", "10000")),
        ({"base": -2.0}, ("base is -2", "10000")),
        ({"base": math.nan}, ("base is nan", "10000")),
        ({"base": math.inf}, ("base is inf", "10000")),
        ({"wave_layout": "spiral"}, ("spiral", "interleaved, halves")),
    ],
)
def test_what_has_no_waves_is_refused(change, fragments):
    settings = {"d_model": 24, "context_length": 8, "n_heads": 4} | change
    assert_refused(lambda: TransformerXL.drawn(**settings), *fragments)
