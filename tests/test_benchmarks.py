"""The benchmarks are no timed test, but what they measure must run: a graph that takes one more input stops them."""

import pytest

from benchmarks import positions
from embedcore.engine.generic_graphs import run_graph
from embedcore.nn import GRAPHS


@pytest.mark.parametrize(("name", "inputs"), positions.cases().items(), ids=list(positions.cases()))
def test_a_measured_graph_gets_every_input_and_runs(name, inputs):
    assert set(inputs) == set(GRAPHS[name].inputs)
    assert set(run_graph(name, **inputs)) == set(GRAPHS[name].outputs)
