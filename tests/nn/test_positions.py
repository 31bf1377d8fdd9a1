"""No positions, learned ones and sinusoidal ones, each against its paper, one number at a time."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.scheme import PositionScheme
from embedcore.nn.sinusoidal import Sinusoidal
from tests.nn.huggingface import gpt2, marian_positions
from tests.nn.oracles import assert_scores, assert_sums, at_all_places, dot, draw, draw_heads, each_pair


def in_halves(rows):
    """Return rows that have sines and cosines in turn with all sines before all cosines."""
    return [[*row[0::2], *row[1::2]] for row in rows]


def wave(p, d_model, base):
    """Return the row of Vaswani et al. 2017, section 3.5: PE(p, 2i) = sin(p / base^(2i/d_model)), PE(p, 2i+1) = cos(…)."""
    return [
        (math.sin if column % 2 == 0 else math.cos)(p / base ** ((column - column % 2) / d_model))
        for column in range(d_model)
    ]


def rows(scheme: PositionScheme, n_positions):
    return scheme.outputs(torch.arange(n_positions))[contract.POSITION_EMBEDDINGS].detach().numpy()


@pytest.mark.parametrize(
    ("n_positions", "d_model", "base"), [(1, 2, 10_000.0), (7, 6, 10_000.0), (1024, 64, 10_000.0), (33, 8, 2.0)]
)
def test_sinusoidal_is_the_papers_formula(n_positions, d_model, base):
    computed = rows(Sinusoidal(n_positions, d_model, base=base), n_positions)
    expected = [wave(p, d_model, base) for p in range(n_positions)]
    assert_sums(computed, expected)
    halves = Sinusoidal(n_positions, d_model, base=base, wave_layout="halves")
    assert_sums(rows(halves, n_positions), in_halves(expected))
    assert halves.hyperparameters() == {"base": base, "wave_layout": "halves"}


def test_the_first_sinusoidal_row_is_zeros_and_ones():
    np.testing.assert_array_equal(rows(Sinusoidal(3, 6), 1), [[0, 1, 0, 1, 0, 1]])


@pytest.mark.parametrize(
    ("arguments", "number", "remedy"),
    [
        ({"n_positions": 4, "d_model": 3}, "3", "4"),
        ({"n_positions": 4, "d_model": 0}, "0", "2"),
        ({"n_positions": 0, "d_model": 4}, "0", "1 or more"),
        ({"n_positions": 4, "d_model": 4, "base": 0.0}, "0", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": -1.0}, "-1", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": math.nan}, "nan", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": math.inf}, "inf", "10000"),
        ({"n_positions": 4, "d_model": 4, "wave_layout": "spiral"}, "spiral", "interleaved, halves"),
    ],
)
def test_sinusoidal_refuses_what_has_no_waves(arguments, number, remedy):
    with pytest.raises(ShapeError) as caught:
        Sinusoidal(**arguments)
    assert number in str(caught.value)
    assert remedy in str(caught.value)


def test_learned_positions_are_the_tables_rows():
    table = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(rows(Learned(table), 4), table.numpy()[:4])


def test_learned_positions_past_the_table_fail_rather_than_stop_early():
    with pytest.raises(IndexError):
        rows(Learned(torch.zeros(2, 3)), 3)


def test_no_position_gives_and_adds_nothing():
    assert NoPosition().outputs(torch.arange(3)) == {}
    assert NoPosition().added({}) is None


@at_all_places
def test_scores_without_positions_are_queries_times_keys(run, n_heads, query_positions, key_positions):
    """Vaswani et al. 2017, equation 1."""
    inputs = draw_heads(n_heads, query_positions, key_positions, 6)
    computed = run("none", **inputs)["scores"]
    assert_scores(computed, each_pair(inputs, lambda q, k, *_: dot(q, k) / math.sqrt(6)))


@pytest.mark.parametrize("positions", [[0], [0, 1], range(7), [6, 0, 6, 3]], ids=str)
def test_learned_positions_of_a_graph_are_the_tables_rows(run, positions):
    table = draw(7, 5)
    computed = run("learned", table=table, positions=positions)["position_embeddings"]
    np.testing.assert_array_equal(computed, [table[p] for p in positions])


@pytest.mark.parametrize("n_pairs", [1, 3, 32])
@pytest.mark.parametrize("base", [10_000.0, 2.0, 0.5])
@pytest.mark.parametrize(
    "positions", [[0], [0, 1], range(7), range(1_025), [-3, 5, 1_000_000]], ids=["1", "2", "7", "1025", "far"]
)
def test_sinusoidal_positions_of_a_graph_are_the_papers_formula(run, positions, n_pairs, base):
    inputs = {"positions": positions, "pairs": range(n_pairs), "base": base}
    expected = [wave(p, 2 * n_pairs, base) for p in positions]
    assert_sums(run("sinusoidal", is_halves=False, **inputs)["position_embeddings"], expected)
    assert_sums(run("sinusoidal", is_halves=True, **inputs)["position_embeddings"], in_halves(expected))


@pytest.mark.parametrize("k", [1, 5, 64, -2])
def test_a_step_of_k_is_one_turn_of_each_pair_wherever_it_starts(run, k):
    """Section 3.5: PE(p + k) is a linear function of PE(p), the same for all p: each pair (sin, cos) turned by k·θ."""
    n_pairs, places = 8, np.arange(300)
    turn = np.zeros((2 * n_pairs, 2 * n_pairs))
    for i in range(n_pairs):
        angle = k / 10_000 ** (2 * i / (2 * n_pairs))
        turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [
            [math.cos(angle), math.sin(angle)],
            [-math.sin(angle), math.cos(angle)],
        ]

    def at(positions):
        inputs = {"positions": positions, "pairs": range(n_pairs), "base": 10_000.0, "is_halves": False}
        return run("sinusoidal", **inputs)["position_embeddings"]

    assert_sums(at(places + k), at(places).astype(np.float64) @ turn.T)


@pytest.mark.parametrize(("n_positions", "d_model"), [(1, 2), (2, 6), (513, 64)])
def test_sinusoidal_positions_in_halves_are_those_of_marian(n_positions, d_model):
    """Marian has all sines before all cosines; the paper has them in turn."""
    computed = rows(Sinusoidal(n_positions, d_model, wave_layout="halves"), n_positions)
    assert_sums(computed, marian_positions(n_positions, d_model))


@pytest.mark.parametrize("n", [1, 2, 7, 16])
def test_an_input_layer_with_gpt2s_tables_gives_what_enters_gpt2s_first_block(n):
    model = gpt2(vocab_size=11, n_positions=16, n_embd=12, n_head=3)
    layer = InputLayer(model.wte.weight.detach(), Learned(model.wpe.weight.detach()), context_length=16)
    ids = torch.arange(2 * n).reshape(2, n) % 11
    with torch.no_grad():
        entering = model(ids, output_hidden_states=True).hidden_states[0]
        outputs = layer(ids)
    np.testing.assert_array_equal(outputs[contract.INPUT_EMBEDDINGS].numpy(), entering.numpy())
    np.testing.assert_array_equal(outputs[contract.POSITION_EMBEDDINGS].numpy(), model.wpe.weight.detach().numpy()[:n])
