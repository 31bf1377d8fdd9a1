"""Search gives the k highest of queries · tableᵀ + bias in falling order; a float16 table is widened first."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from tests.nn.graphs import FOLDER, by_onnx, by_torch
from tests.nn.oracles import assert_rows, assert_scores, dot, draw

SIZES = [(1, 1, 1, 1), (5, 6, 2, 3), (5, 6, 2, 5), (7, 3, 1, 7), (300, 17, 40, 20), (40, 1, 3, 40)]
at_all_sizes = pytest.mark.parametrize(("n_rows", "d_model", "n_queries", "k"), SIZES)


def by_reference(name, **inputs):
    """Run the saved file in ONNX's own evaluator, an independent implementation of every operator."""
    scores, token_ids = ReferenceEvaluator(str(FOLDER / f"{name}.onnx")).run(None, inputs)
    return {"scores": scores, "token_ids": token_ids}


EVERYWHERE = pytest.mark.parametrize(
    "run_search", [by_torch, by_onnx, by_reference], ids=["torch", "onnxruntime", "onnx"]
)
BY_STANDARD = pytest.mark.parametrize("run_search", [by_onnx, by_reference], ids=["onnxruntime", "onnx"])


def drawn(name, n_rows, d_model, n_queries, k):
    inputs = {
        "table": draw(n_rows, d_model, seed=1),
        "queries": draw(n_queries, d_model, seed=2),
        "bias": draw(n_rows, seed=3),
        "k": np.array(k),
    }
    if name == "search":
        return inputs
    inputs["scale"] = draw(n_rows, seed=4)
    return inputs if name == "search_scaled" else inputs | {"table": inputs["table"].astype(np.float16)}


def best(table, queries, bias, k, scale=None):
    """Return scores and rows of the k highest, computed one by one in float64; of equal scores the lower row is first."""
    rows = np.array(table, np.float64) * (1 if scale is None else np.array(scale, np.float64)[:, None])
    scores, best_rows = [], []
    for query in queries:
        all_scores = [dot(query, row) + float(added) for row, added in zip(rows, bias, strict=True)]
        order = sorted(range(len(rows)), key=lambda row: (-all_scores[row], row))[: int(k)]
        scores.append([all_scores[row] for row in order])
        best_rows.append(order)
    return np.array(scores), np.array(best_rows)


@EVERYWHERE
@pytest.mark.parametrize("name", ["search", "search_half", "search_scaled"])
@at_all_sizes
def test_the_best_rows_are_those_of_the_formula(run_search, name, n_rows, d_model, n_queries, k):
    inputs = drawn(name, n_rows, d_model, n_queries, k)
    outputs = run_search(name, **inputs)
    scores, rows = best(**inputs)
    assert_scores(outputs["scores"], scores)
    assert_rows(outputs["token_ids"], rows)


@BY_STANDARD
@pytest.mark.parametrize("name", ["search", "search_half", "search_scaled"])
@pytest.mark.parametrize("k", [1, 4, 60])
def test_equal_scores_go_by_the_lower_row(run_search, name, k):
    """ONNX promises this order for TopK and torch does not, so it holds for the saved file alone."""
    inputs = drawn(name, 60, 4, 3, k) | {"bias": np.zeros(60, np.float32)}
    inputs["table"] = np.repeat(inputs["table"][:2], 30, axis=0)[np.random.default_rng(0).permutation(60)]
    inputs |= {"scale": np.ones(60, np.float32)} if name != "search" else {}
    outputs = run_search(name, **inputs)
    scores, rows = best(**inputs)
    assert_scores(outputs["scores"], scores)
    assert_rows(outputs["token_ids"], rows)


def test_torch_gives_equal_scores_in_any_order():
    inputs = drawn("search", 60, 4, 3, 60)
    inputs["table"] = np.repeat(inputs["table"][:2], 30, axis=0)
    inputs["bias"] = np.zeros(60, np.float32)
    outputs = by_torch("search", **inputs)
    assert_scores(outputs["scores"], best(**inputs)[0])
    assert_rows(np.sort(outputs["token_ids"], axis=1), np.tile(np.arange(60), (3, 1)))


@EVERYWHERE
@pytest.mark.parametrize("name", ["search", "search_half", "search_scaled"])
def test_a_row_of_bias_minus_infinity_comes_last(run_search, name):
    inputs = drawn(name, 9, 4, 2, 9)
    inputs["bias"][[2, 7]] = -np.inf
    outputs = run_search(name, **inputs)
    assert_rows(np.sort(outputs["token_ids"][:, -2:], axis=1), [[2, 7], [2, 7]])
    np.testing.assert_array_equal(outputs["scores"][:, -2:], np.full((2, 2), -np.inf))
    np.testing.assert_array_equal(np.isfinite(outputs["scores"][:, :-2]), np.ones((2, 7), bool))


def test_both_runtimes_widen_float16_exactly():
    """Unit queries read single values back, which are those of the float16 table bit for bit, even subnormal ones."""
    table = np.array([[6e-8, 65504.0], [0.1, -0.1], [-65504.0, 2.0**-24]], np.float16)
    inputs = {"table": table, "scale": np.ones(3, np.float32), "bias": np.zeros(3, np.float32), "k": np.array(3)}
    for run_search in (by_torch, by_onnx):
        outputs = run_search("search_half", queries=np.eye(2, dtype=np.float32), **inputs)
        np.testing.assert_array_equal(outputs["scores"], -np.sort(-table.astype(np.float32).T, axis=1))


@pytest.mark.parametrize("name", ["search", "search_half", "search_scaled"])
def test_every_axis_has_its_name_and_no_size_is_baked_in(name):
    proto = onnx.load(FOLDER / f"{name}.onnx")
    axes = {value.name: [dim.dim_param for dim in value.type.tensor_type.shape.dim] for value in proto.graph.input}
    expected = {
        "table": ["n_rows", "d_model"],
        "queries": ["n_queries", "d_model"],
        "bias": ["n_rows"],
        "k": [],
    }
    assert axes == expected | ({"scale": ["n_rows"]} if name != "search" else {})
    assert [value.name for value in proto.graph.output] == ["scores", "token_ids"]
    assert not proto.graph.initializer or all(len(tensor.dims) <= 1 for tensor in proto.graph.initializer)


@pytest.mark.parametrize("k", [0, 6, -1])
def test_torch_refuses_a_k_outside_the_table(k):
    with pytest.raises(RuntimeError):
        by_torch("search", **drawn("search", 5, 6, 2, k))
