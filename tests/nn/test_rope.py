"""Su et al. 2021, section 3.2.2: each pair of a query or key is a complex number, multiplied by e^(i·m·θ) at position m."""

import cmath
import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.rope import Rope
from embedcore.schemes.rope_parameters import PAIR_LAYOUTS, RopeParameters
from tests.nn import huggingface
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
)

HEAD_DIM = 6
EACH_LAYOUT = pytest.mark.parametrize("layout", PAIR_LAYOUTS)
# base 16 over 8 dimensions: θ = 1, 1/2, 1/4, 1/8, so that float32 angles, as transformers takes them, are exact too.
EXACT_BASE, EXACT_DIM = 16.0, 8


def thetas(head_dim, base=10_000.0):
    """Return θ_i = base^(−2i/d), i from 0."""
    return [base ** (-2 * i / head_dim) for i in range(head_dim // 2)]


def pairs(head_dim, layout):
    """Return the two dimensions of each pair: neighbors in the paper, half a head apart in Llama."""
    half = head_dim // 2
    return [(2 * i, 2 * i + 1) if layout == "interleaved" else (i, i + half) for i in range(half)]


def turned(vector, position, angles, layout, factor=1.0):
    """Return `vector` with each pair turned by position · θ and made `factor` times longer; the rest stays as it is."""
    result = list(vector)
    for (x, y), theta in zip(pairs(2 * len(angles), layout), angles, strict=True):
        z = complex(vector[x], vector[y]) * factor * cmath.exp(1j * position * theta)
        result[x], result[y] = z.real, z.imag
    return result


def waves(positions, angles, layout, factor=1.0):
    """Return cosines and sines [n, head_dim], each at both dimensions of its pair."""
    cos, sin = np.empty((2, len(positions), 2 * len(angles)))
    for row, position in enumerate(positions):
        for (x, y), theta in zip(pairs(2 * len(angles), layout), angles, strict=True):
            cos[row, [x, y]] = factor * math.cos(position * theta)
            sin[row, [x, y]] = factor * math.sin(position * theta)
    return cos, sin


def draw_inputs(n_heads, query_positions, key_positions, layout, factor=1.0, head_dim=HEAD_DIM, base=10_000.0):
    return draw_heads(n_heads, query_positions, key_positions, head_dim) | {
        "frequencies": thetas(head_dim, base),
        "attention_factor": factor,
        "is_interleaved": layout == "interleaved",
    }


@at_all_places
@EACH_LAYOUT
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_scores_are_those_of_the_turned_pairs(run, n_heads, query_positions, key_positions, layout, factor):
    inputs = draw_inputs(n_heads, query_positions, key_positions, layout, factor)
    outputs, angles = run("rope", **inputs), inputs["frequencies"]

    def score(q, k, i, j, _):
        return dot(turned(q, i, angles, layout, factor), turned(k, j, angles, layout, factor)) / math.sqrt(HEAD_DIM)

    assert_scores(outputs["scores"], each_pair(inputs, score))
    for name, positions in (("queries", query_positions), ("keys", key_positions)):
        expected = [
            [turned(vector, at, angles, layout, factor) for vector, at in zip(head, positions, strict=True)]
            for head in inputs[name].tolist()
        ]
        assert_scores(outputs[f"rotated_{name}"], expected)
    cos, sin = waves(key_positions, angles, layout, factor)
    assert_sums(outputs["rotary_cos"], cos)
    assert_sums(outputs["rotary_sin"], sin)


@EACH_LAYOUT
@pytest.mark.parametrize("by", [1, 999, 1_000_000])
def test_scores_depend_on_the_distance_alone(run, layout, by):
    inputs = draw_inputs(12, range(7), range(9), layout)
    assert_scores(run("rope", **shifted(inputs, by))["scores"], run("rope", **inputs)["scores"])


def test_scores_change_with_the_distance(run):
    inputs = draw_inputs(1, range(2), range(2), "half")
    moved = inputs | {"key_positions": inputs["key_positions"] + 1}
    assert np.abs(run("rope", **moved)["scores"] - run("rope", **inputs)["scores"]).max() > 0.1


@EACH_LAYOUT
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_turning_keeps_the_length_up_to_the_attention_factor(run, layout, factor):
    inputs = draw_inputs(20, range(90, 99), range(5), layout, factor)
    outputs = run("rope", **inputs)
    for name in ("queries", "keys"):
        lengths = np.linalg.norm(inputs[name], axis=-1)
        np.testing.assert_allclose(
            np.linalg.norm(outputs[f"rotated_{name}"], axis=-1),
            factor * lengths,
            rtol=contract.SCORE_RTOL,
            atol=contract.SCORE_ATOL,
        )


@EACH_LAYOUT
def test_what_stands_at_position_0_stays_as_it_is(run, layout):
    inputs = draw_inputs(12, [0], [0], layout)
    outputs = run("rope", **inputs)
    np.testing.assert_array_equal(outputs["rotated_queries"], inputs["queries"])
    np.testing.assert_array_equal(outputs["rotated_keys"], inputs["keys"])


def test_the_first_pair_turns_by_one_radian_a_position(run):
    """(1, 0) at position 1 becomes (cos 1, sin 1), at dimensions 0 and 1, or 0 and d/2."""
    one = np.zeros((1, 1, 4), dtype=np.float32)
    one[..., 0] = 1
    for layout, second in (("interleaved", 1), ("half", 2)):
        inputs = draw_inputs(1, [1], [1], layout, head_dim=4) | {"queries": one}
        expected = np.zeros((1, 1, 4))
        expected[..., 0], expected[..., second] = math.cos(1), math.sin(1)
        assert_scores(run("rope", **inputs)["rotated_queries"], expected)


def test_the_layouts_are_one_rotation_with_the_columns_moved(run):
    inputs = draw_inputs(12, range(3, 10), range(9), "interleaved")
    order = [*range(0, HEAD_DIM, 2), *range(1, HEAD_DIM, 2)]
    in_halves = inputs | {"is_interleaved": False} | {name: inputs[name][..., order] for name in ("queries", "keys")}
    here, there = run("rope", **inputs), run("rope", **in_halves)
    assert_scores(there["scores"], here["scores"])
    for name in ("rotated_queries", "rotated_keys", "rotary_cos", "rotary_sin"):
        assert_scores(there[name], here[name][..., order])


@pytest.mark.parametrize(
    ("layout", "code", "borrowed"),
    [
        ("half", "llama.modeling_llama", huggingface.llama_waves),
        ("interleaved", "cohere.modeling_cohere", huggingface.cohere_waves),
    ],
    ids=["llama", "cohere"],
)
@pytest.mark.parametrize("n_heads", [1, 12, 20])
@pytest.mark.parametrize(
    "positions", [range(1), range(2), range(7), range(4_000, 4_009)], ids=["1", "2", "7", "9 late ones"]
)
def test_waves_and_rotation_are_those_of_llama_and_cohere(run, layout, code, borrowed, n_heads, positions):
    inputs = draw_inputs(n_heads, positions, positions, layout, head_dim=EXACT_DIM, base=EXACT_BASE)
    outputs = run("rope", **inputs)
    cos, sin = borrowed(huggingface.llama_config(EXACT_DIM, EXACT_BASE, 8_192), positions)
    assert_sums(outputs["rotary_cos"], cos)
    assert_sums(outputs["rotary_sin"], sin)
    queries, keys = huggingface.rotated(code, inputs["queries"], inputs["keys"], (cos, sin))
    assert_scores(outputs["rotated_queries"], queries)
    assert_scores(outputs["rotated_keys"], keys)


@pytest.mark.parametrize("positions", [range(1), range(2), range(7), range(15, 20)])
def test_interleaved_rotation_is_that_of_gpt_j(run, positions):
    """The positions are near the start, where GPT-J's float32 angles are as exact as a score."""
    inputs = draw_inputs(12, positions, positions, "interleaved")
    outputs = run("rope", **inputs)
    assert_scores(outputs["rotated_queries"], huggingface.gptj_rotated(inputs["queries"], positions))
    assert_scores(outputs["rotated_keys"], huggingface.gptj_rotated(inputs["keys"], positions))


@EACH_LAYOUT
@pytest.mark.parametrize("n", [1, 2, 7, 1_024])
@pytest.mark.parametrize("base", [10_000.0, 500_000.0, 2.0])
def test_the_model_files_waves_are_the_papers(layout, n, base):
    scheme = Rope.drawn(d_model=24, context_length=1_024, n_heads=4, layout=layout, base=base)
    given = scheme.outputs(torch.arange(n))
    cos, sin = waves(range(n), thetas(6, base), layout)
    assert_sums(given[contract.ROTARY_COS].numpy(), cos)
    assert_sums(given[contract.ROTARY_SIN].numpy(), sin)


def test_a_sequence_past_the_stored_waves_fails_rather_than_stop_early():
    scheme = Rope(3, 4, RopeParameters(n_heads=1))
    assert scheme.n_positions == 3
    with pytest.raises(IndexError):
        scheme.outputs(torch.arange(4))


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"d_model": 12}, ("head_dim is 3", "choose 1, 2, 3 or 6 heads, or a d_model of 8 or 16")),
        ({"d_model": 10}, ("10", "4 heads")),
        ({"n_heads": 0}, ("24", "0 heads")),
        ({"context_length": 0}, ("n_positions is 0", "1 or more")),
        ({"base": 0.0}, ("base is 0", "1e+12")),
        ({"base": -1.0}, ("base is -1", "1e+12")),
        ({"base": math.nan}, ("base is nan", "1e+12")),
        ({"base": math.inf}, ("base is inf", "1e+12")),
        ({"base": 2e12}, ("base is 2e+12", "1e+12")),
        ({"layout": "spiral"}, ("spiral", "half", "interleaved")),
        ({"scaling": "magic"}, ("magic", "yarn")),
    ],
)
def test_what_has_no_rotation_is_refused(change, fragments):
    settings = {"d_model": 24, "context_length": 8, "n_heads": 4} | change
    assert_refused(lambda: Rope.drawn(**settings), *fragments)


def test_the_paper_prints_its_pairs_side_by_side():
    """Equation 34 in two dimensions: the matrix [[cos mθ, −sin mθ], [sin mθ, cos mθ]] times the pair."""
    m, theta = 3, thetas(4)[1]
    pair = draw(2).tolist()
    expected = [
        math.cos(m * theta) * pair[0] - math.sin(m * theta) * pair[1],
        math.sin(m * theta) * pair[0] + math.cos(m * theta) * pair[1],
    ]
    np.testing.assert_allclose(
        turned([0.0, 0.0, *pair], m, thetas(4), "interleaved")[2:],
        expected,
        rtol=contract.SUM_RTOL,
        atol=contract.SUM_ATOL,
    )
