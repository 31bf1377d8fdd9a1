"""The input layer against the book's numbers and against a loop-by-loop oracle in float64."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.sinusoidal import Sinusoidal
from tests.book import BOOK_ROWS


def oracle(ids, table, positions=None, scale=1.0, token_type=None, norm=None):
    """Return input_embeddings one number at a time: scale, then sums, then Ba et al. 2016, equation 4."""
    result = np.empty((*np.shape(ids), len(table[0])))
    for b, sequence in enumerate(ids):
        for s, token_id in enumerate(sequence):
            row = []
            for d in range(len(table[0])):
                value = float(table[token_id][d]) * scale
                value += float(positions[s][d]) if positions is not None else 0.0
                value += float(token_type[d]) if token_type is not None else 0.0
                row.append(value)
            if norm is not None:
                weight, bias, eps = norm
                mean = math.fsum(row) / len(row)
                variance = math.fsum((value - mean) ** 2 for value in row) / len(row)
                row = [
                    (v - mean) / math.sqrt(variance + eps) * float(w) + float(b)
                    for v, w, b in zip(row, weight, bias, strict=True)
                ]
            result[b, s] = row
    return result


def run(layer, ids):
    with torch.no_grad():
        return {name: value.numpy() for name, value in layer(torch.tensor(ids)).items()}


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("token_id", range(6))
def test_the_books_rows_come_out_for_their_ids(token_id):
    torch.manual_seed(123)
    layer = InputLayer(nn.Embedding(6, 3).weight.detach(), NoPosition(), context_length=4)
    np.testing.assert_allclose(
        run(layer, [[token_id]])[contract.TOKEN_EMBEDDINGS][0, 0], BOOK_ROWS[token_id], rtol=0, atol=5e-5
    )


def test_the_books_worked_sum():
    layer = InputLayer(torch.tensor([[0.5, -0.2, 0.1]]), Learned(torch.tensor([[0.1, 0.3, -0.1]])), context_length=1)
    np.testing.assert_allclose(
        run(layer, [[0]])[contract.INPUT_EMBEDDINGS],
        [[[0.6, 0.1, 0.0]]],
        rtol=contract.SUM_RTOL,
        atol=contract.SUM_ATOL,
    )


def test_the_books_batch_has_its_shapes():
    """Chapter 2 has batch 8, sequence 4 and a table of 50,257 × 256; here the table has fewer rows."""
    outputs = run(InputLayer(draw(100, 256), Learned(draw(4, 256)), context_length=4), np.arange(32).reshape(8, 4))
    assert {name: value.shape for name, value in outputs.items()} == {
        "token_embeddings": (8, 4, 256),
        "position_embeddings": (4, 256),
        "input_embeddings": (8, 4, 256),
    }


def test_outputs_come_in_the_contracts_order():
    layer = InputLayer(draw(5, 4), Learned(draw(4, 4)), context_length=4)
    assert list(run(layer, [[0]])) == ["token_embeddings", "position_embeddings", "input_embeddings"]
    assert list(run(InputLayer(draw(5, 4), NoPosition(), context_length=4), [[0]])) == [
        "token_embeddings",
        "input_embeddings",
    ]


def test_without_positions_the_rows_enter_as_they_are():
    outputs = run(InputLayer(draw(5, 4), NoPosition(), context_length=9), [[4, 0, 4]])
    np.testing.assert_array_equal(outputs["input_embeddings"], draw(5, 4).numpy()[[[4, 0, 4]]])


@pytest.mark.parametrize("scale", [None, math.sqrt(8), -0.5])
@pytest.mark.parametrize("has_type", [False, True])
@pytest.mark.parametrize("eps", [None, 1e-12, 1e-3])
@pytest.mark.parametrize("positions", ["none", "learned"])
def test_every_combination_of_parts_is_the_formula(scale, has_type, eps, positions):
    table, token_type, rows = draw(11, 8), draw(8, seed=1), draw(6, 8, seed=2)
    norm = None
    if eps is not None:
        norm = nn.LayerNorm(8, eps=eps)
        norm.weight.data, norm.bias.data = draw(8, seed=3), draw(8, seed=4)
    layer = InputLayer(
        table,
        Learned(rows) if positions == "learned" else NoPosition(),
        context_length=6,
        scale=scale,
        token_type=token_type if has_type else None,
        layer_norm=norm,
    )
    ids = [[0, 10, 3, 3, 7], [10, 0, 1, 2, 3]]
    outputs = run(layer, ids)
    np.testing.assert_array_equal(outputs["token_embeddings"], table.numpy()[np.array(ids)])
    expected = oracle(
        ids,
        table.numpy(),
        rows.numpy() if positions == "learned" else None,
        1.0 if scale is None else scale,
        token_type.numpy() if has_type else None,
        None if norm is None else (norm.weight.tolist(), norm.bias.tolist(), eps),
    )
    np.testing.assert_allclose(
        outputs["input_embeddings"], expected, rtol=contract.LAYER_NORM_RTOL, atol=contract.LAYER_NORM_ATOL
    )


def test_the_scale_acts_before_the_positions_are_added():
    """Gemma gives 10 · 1 + 1 = 11, and not 10 · (1 + 1) = 20."""
    layer = InputLayer(torch.ones(1, 2), Learned(torch.ones(1, 2)), context_length=1, scale=10.0)
    outputs = run(layer, [[0]])
    np.testing.assert_array_equal(outputs["input_embeddings"], [[[11.0, 11.0]]])
    np.testing.assert_array_equal(outputs["token_embeddings"], [[[1.0, 1.0]]])


def test_float16_tables_give_their_own_bits_as_float32():
    table, rows = draw(7, 4).half(), draw(3, 4, seed=1).half()
    outputs = run(InputLayer(table, Learned(rows), context_length=3), [[6, 0, 6]])
    assert {value.dtype for value in outputs.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(outputs["token_embeddings"], table.numpy()[[[6, 0, 6]]].astype(np.float32))
    np.testing.assert_array_equal(outputs["position_embeddings"], rows.numpy().astype(np.float32))
    np.testing.assert_array_equal(
        outputs["input_embeddings"], outputs["token_embeddings"] + outputs["position_embeddings"]
    )


def test_float16_vectors_give_what_their_float32_values_give():
    norm = nn.LayerNorm(4).half()
    norm.weight.data, norm.bias.data = draw(4, seed=3).half(), draw(4, seed=4).half()
    token_type = draw(4, seed=2).half()
    layer = InputLayer(draw(7, 4), NoPosition(), context_length=3, token_type=token_type, layer_norm=norm)
    np.testing.assert_allclose(
        run(layer, [[6, 0, 6]])["input_embeddings"],
        oracle(
            [[6, 0, 6]],
            draw(7, 4).numpy(),
            token_type=token_type.tolist(),
            norm=(norm.weight.tolist(), norm.bias.tolist(), norm.eps),
        ),
        rtol=contract.LAYER_NORM_RTOL,
        atol=contract.LAYER_NORM_ATOL,
    )
    assert norm.weight.dtype == torch.float16  # the caller's own stays as it was


@pytest.mark.parametrize(
    ("make", "numbers"),
    [
        (lambda: InputLayer(draw(5), NoPosition(), context_length=1), ("[5]",)),
        (lambda: InputLayer(torch.empty(0, 3), NoPosition(), context_length=1), ("[0, 3]",)),
        (lambda: InputLayer(draw(5, 4), NoPosition(), context_length=0), ("0", "1")),
        (lambda: InputLayer(draw(5, 4), Learned(draw(3, 6)), context_length=3), ("6", "4")),
        (lambda: InputLayer(draw(5, 4), Sinusoidal(3, 6), context_length=3), ("6", "4")),
        (lambda: InputLayer(draw(5, 4), Learned(draw(3, 4)), context_length=7), ("3", "7")),
        (lambda: InputLayer(draw(5, 4), NoPosition(), context_length=3, token_type=draw(2)), ("2", "4")),
        (lambda: InputLayer(draw(5, 4), NoPosition(), context_length=3, layer_norm=nn.LayerNorm(8)), ("8", "4")),
        (
            lambda: InputLayer(
                draw(5, 4), NoPosition(), context_length=3, layer_norm=nn.LayerNorm(4, elementwise_affine=False)
            ),
            ("weight", "bias"),
        ),
        (
            lambda: InputLayer(draw(5, 4), NoPosition(), context_length=3, layer_norm=nn.LayerNorm(4, bias=False)),
            ("weight", "bias"),
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused_with_both_numbers(make, numbers):
    with pytest.raises(ShapeError) as caught:
        make()
    assert all(number in str(caught.value) for number in numbers)
