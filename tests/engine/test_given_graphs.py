"""Numbers that a caller gives to a generic graph keep their value in its type, or are refused."""

import math

import numpy as np
import pytest

from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "is 1.5, but must be a whole number"),
        (math.nan, "is nan, but must be a whole number"),
        (math.inf, "is inf, but must be a whole number"),
        (1e300, "is 1e.300, but must be a whole number"),
        (float(2**63), r"is 9.22\d+e.18, but must be a whole number"),
        (np.uint64(2**64 - 1), "is 18446744073709551615, but must be a whole number"),
        (True, r"is True \(bool\), but must be a whole number"),
        ("3", r"is 3 \(<U1\), but must be a whole number"),
        (10**30, r"is 10+ \(object\), but must be a whole number"),
    ],
)
def test_a_graph_refuses_a_cast_that_would_change_a_number(value, words):
    inputs = {"query_positions": [0], "key_positions": [0], "heads": [0], "bias_max": 8}
    with pytest.raises(ShapeError, match=f"alibi.onnx's n_heads {words}"):
        run_graph("alibi", **inputs, n_heads=value)
    np.testing.assert_array_equal(run_graph("alibi", **inputs, n_heads=4.0)["slopes"], [np.float32(0.25)])


def test_a_graph_refuses_numbers_for_bools_and_what_float32_cannot_hold():
    with pytest.raises(ShapeError, match=r"is_halves is 1 .* but must be true or false"):
        run_graph("sinusoidal", positions=[0], pairs=[0, 1], base=1e4, is_halves=1)
    with pytest.raises(ShapeError, match=r"table is 1e.39, but must be a number of float32"):
        run_graph("learned", table=np.full((8, 1), 1e39), positions=[0])
    with pytest.raises(ShapeError, match=r"table is 16777217, but must be a number of float32"):
        run_graph("learned", table=np.full((8, 1), 2**24 + 1), positions=[0])
    with pytest.raises(ShapeError, match=r"positions is 9007199254740993, but must be a number of float64"):
        run_graph("sinusoidal", positions=[2**53 + 1], pairs=[0, 1], base=1e4, is_halves=True)
