"""Press et al. 2022, section 3: softmax(q_i Kᵀ + m · [−(i − 1), …, −2, −1, 0]), where each head has a slope m."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.alibi import Alibi
from tests.nn.huggingface import bloom_alibi, mpt_alibi
from tests.nn.oracles import assert_refused, assert_sums, draw, each_distance, softmax

N_HEADS = [1, 2, 3, 6, 7, 8, 12, 16, 20]
PLACES = pytest.mark.parametrize(
    ("query_positions", "key_positions"),
    [
        (range(1), range(1)),
        (range(2), range(2)),
        (range(7), range(7)),
        (range(5, 8), range(8)),
        (range(9), range(3)),
        (range(1_000_000, 1_000_005), range(999_998, 1_000_002)),
        ([0], [1_000_000]),
    ],
    ids=lambda places: f"{places[0]}+{len(places)}",
)


def papers_slopes(n_heads, bias_max=8):
    """Return the slopes of the paper's code, which for a power of two are a geometric sequence from 2^(−8/n) on.

    Any other number has the slopes of the power of two below it, then every second one of the power of two above it.
    MPT has other numbers in place of 8.
    """
    if n_heads & (n_heads - 1) == 0:
        start = 2 ** (-bias_max / n_heads)
        return [start * start**head for head in range(n_heads)]
    below = 2 ** (n_heads.bit_length() - 1)
    return papers_slopes(below, bias_max) + papers_slopes(2 * below, bias_max)[0::2][: n_heads - below]


def slopes(run, n_heads, bias_max=8.0):
    places = {"query_positions": [0], "key_positions": [0], "heads": range(n_heads)}
    return run("alibi", n_heads=n_heads, bias_max=bias_max, **places)["slopes"]


@PLACES
@pytest.mark.parametrize("n_heads", N_HEADS)
def test_the_bias_is_the_papers(run, n_heads, query_positions, key_positions):
    outputs = run(
        "alibi", query_positions=query_positions, key_positions=key_positions, n_heads=n_heads, heads=range(n_heads),
        bias_max=8.0,
    )  # fmt: skip
    distances = each_distance(query_positions, key_positions, abs)
    assert_sums(outputs["slopes"], papers_slopes(n_heads))
    assert_sums(outputs["attention_bias"], [-slope * distances for slope in papers_slopes(n_heads)])


@pytest.mark.parametrize("heads", [[0], [6], [6, 0, 3], [5, 5]])
def test_some_heads_have_the_bias_that_they_have_among_all(run, heads):
    places = {"query_positions": range(3), "key_positions": range(5), "n_heads": 7, "bias_max": 8.0}
    every, some = run("alibi", heads=range(7), **places), run("alibi", heads=heads, **places)
    for name, values in every.items():
        np.testing.assert_array_equal(some[name], values[heads])


def test_eight_heads_have_the_slopes_that_the_paper_prints(run):
    np.testing.assert_array_equal(slopes(run, 8), [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256])


def test_twelve_heads_have_those_of_eight_and_four_between(run):
    np.testing.assert_array_equal(slopes(run, 12)[:8], slopes(run, 8))
    assert_sums(slopes(run, 12)[8:], [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5])


@pytest.mark.parametrize("n_heads", [1, 2, 4, 8, 16, 32, 64, 128])
def test_slopes_of_a_power_of_two_are_geometric_and_end_at_one_in_256(run, n_heads):
    computed = slopes(run, n_heads)
    np.testing.assert_array_equal(computed[-1], np.float32(1 / 256))
    ratio = np.full(n_heads - 1, 2 ** (-8 / n_heads))
    np.testing.assert_allclose(computed[1:] / computed[:-1], ratio, rtol=contract.SUM_RTOL, atol=contract.SUM_ATOL)


def test_slopes_of_any_number_of_heads_are_the_papers(run):
    """Powers of two are recognized beside their neighbors, although log₂ is not exact."""
    for n_heads in [*range(1, 300), 1023, 1024, 1025]:
        assert_sums(slopes(run, n_heads), papers_slopes(n_heads))
        assert_sums(slopes(run, n_heads, 16.0), papers_slopes(n_heads, 16))


@pytest.mark.parametrize("bias_max", [1, 8, 16, 20])
@pytest.mark.parametrize("n_heads", [*N_HEADS, 32, 64, 112])
def test_slopes_are_those_of_mpts_own_code(run, n_heads, bias_max):
    """MPT has `alibi_bias_max`, and takes every second slope of the power of two above it first."""
    theirs = mpt_alibi(n_heads, 2, bias_max)  # m · (j − last): −m, 0
    assert_sums(slopes(run, n_heads, float(bias_max)), -theirs[:, 0, 0])


@pytest.mark.parametrize("borrowed", [bloom_alibi, mpt_alibi])
@pytest.mark.parametrize("n_heads", N_HEADS)
@pytest.mark.parametrize("n", [1, 2, 7, 60])
def test_the_bias_is_that_of_bloom_and_mpt_up_to_a_constant_for_each_query(run, borrowed, n_heads, n):
    """They give every query m · j or m · (j − last), which differs from ours by a constant that the softmax ignores."""
    theirs = np.repeat(borrowed(n_heads, n).astype(np.float64), n, axis=1)
    relative = theirs - np.diagonal(theirs, axis1=1, axis2=2)[:, :, None]
    places = {
        "query_positions": range(n),
        "key_positions": range(n),
        "n_heads": n_heads,
        "heads": range(n_heads),
        "bias_max": 8.0,
    }
    ours = run("alibi", **places)["attention_bias"]
    causal = np.tri(n, dtype=bool)
    np.testing.assert_allclose(ours[:, causal], relative[:, causal], rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)
    content = draw(n_heads, n, n)
    np.testing.assert_allclose(
        softmax(content + ours, is_causal=True),
        softmax(content + theirs, is_causal=True),
        rtol=contract.SCORE_RTOL,
        atol=contract.SCORE_ATOL,
    )


@pytest.mark.parametrize("n_heads", [1, 3, 4, 12])
@pytest.mark.parametrize("n", [1, 2, 7, 30])
@pytest.mark.parametrize("bias_max", [8.0, 16.0])
def test_the_model_files_bias_is_by_head_query_and_key(n_heads, n, bias_max):
    scheme = Alibi.drawn(d_model=24, context_length=30, n_heads=n_heads, bias_max=bias_max)
    assert scheme.hyperparameters() == {"n_heads": n_heads} | ({} if bias_max == 8 else {"bias_max": 16.0})
    bias = scheme.outputs(torch.arange(n))[contract.ATTENTION_BIAS].numpy()
    expected = [[[-m * abs(i - j) for j in range(n)] for i in range(n)] for m in papers_slopes(n_heads, bias_max)]
    assert_sums(bias, expected)


def test_the_model_file_serves_any_length():
    assert Alibi(n_heads=2).n_positions is None
    bias = Alibi(n_heads=2).outputs(torch.arange(3_000))[contract.ATTENTION_BIAS]
    assert bias[1, 2_999, 0].item() == -2_999 / 256


@pytest.mark.parametrize(
    ("make", "fragments"),
    [
        (lambda: Alibi(n_heads=0), ("n_heads is 0", "1 or more")),
        (lambda: Alibi(n_heads=-1), ("n_heads is -1", "1 or more")),
        (lambda: Alibi(n_heads=2, bias_max=0.0), ("bias_max is 0", "at most 100")),
        (lambda: Alibi(n_heads=2, bias_max=101.0), ("bias_max is 101", "at most 100")),
        (lambda: Alibi(n_heads=2, bias_max=math.nan), ("bias_max is nan", "at most 100")),
        (lambda: Alibi.drawn(d_model=10, context_length=4, n_heads=4), ("10", "4 heads")),
        (lambda: Alibi.drawn(d_model=10, context_length=4, n_heads=0), ("10", "0 heads")),
    ],
)
def test_heads_that_do_not_fit_are_refused(make, fragments):
    assert_refused(make, *fragments)


def test_the_slope_is_the_score_lost_with_each_token():
    """Two neighbors with equal content share attention in the ratio 1 : e^−m."""
    bias = Alibi(n_heads=8).outputs(torch.arange(2))[contract.ATTENTION_BIAS].numpy()
    share = softmax(bias[0, 1])
    assert share[0] / share[1] == pytest.approx(math.exp(-1 / 2), rel=contract.SCORE_RTOL)
