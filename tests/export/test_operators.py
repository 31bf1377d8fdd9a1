"""The contract's operators and parameters are exactly what the export writes, over all schemes."""

import json

import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from embedcore import contract
from embedcore.engine.generic_graphs import GRAPHS
from embedcore.layer.steps import KINDS
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import contract_breaches
from embedcore.model.graph_check import STORED_TYPES
from embedcore.nn import SCHEMES, InputLayer
from embedcore.schemes.parameters import parameter_breaches
from embedcore.schemes.rope_parameters import optional
from export.layer import write
from export.layer.graph import tensors_of
from export.layer.spec import Table
from export.writer import write_model
from tests.export.layer.specs import N_VOCAB, WIDTH, a_spec, drawn_blocks, spec_of, with_queries
from tests.export.layer.specs import SCHEMES as LAYER_SCHEMES
from tests.nn.test_every_scheme import CONTEXT_LENGTH, D_MODEL, SETTINGS
from tests.test_contract import METADATA, replace

# One of each kind of graph: the other schemes and settings use operators of these.
FEW = [
    (name, settings)
    for name, settings in SETTINGS
    if name in ("none", "shaw", "t5", "alibi") or settings.get("n_buckets") == 4 or settings.get("original_length") == 4
]  # fmt: skip


def written(name, settings, path, *, is_whole):
    """Export a layer, with every part around the lookup where `is_whole`, else of float16 rows; return its graph."""
    torch.manual_seed(0)
    norm = nn.LayerNorm(D_MODEL)
    norm.weight.data, norm.bias.data = torch.randn(D_MODEL), torch.randn(D_MODEL)
    parts = {"scale": 3.0, "token_type": torch.randn(D_MODEL), "layer_norm": norm} if is_whole else {}
    table = torch.randn(11, D_MODEL)
    scheme = SCHEMES[name].drawn(d_model=D_MODEL, context_length=CONTEXT_LENGTH, **settings)
    layer = InputLayer(table if is_whole else table.half(), scheme, context_length=CONTEXT_LENGTH, **parts)
    write_model(layer, path, name="m", tokenizer="toy", source="a test", provenance={})
    return onnx.load(path).graph


def operators(graphs):
    operators_used = {}
    for graph in graphs:
        for node in graph.node:
            operators_used.setdefault(node.op_type, set()).update(inner.name for inner in node.attribute)
    return operators_used


def layer_specs():
    """Layers of steps: one of every kind, every scheme of checkpoints, queries and keys, and a table in blocks."""
    yield from (spec_of(kind) for kind in KINDS)
    yield from (a_spec(**changes) for changes in LAYER_SCHEMES.values())
    yield with_queries(table=Table.of(drawn_blocks(N_VOCAB, WIDTH)))


def graph_of(spec):
    made = write._graph(spec)
    tensors = [numpy_helper.from_array(values, name) for name, values in made.constants.items()]
    for name, weight in (*made.weights.items(), ("table", spec.table.read(slice(0, 2)))):
        tensors += [numpy_helper.from_array(values, part) for part, values in tensors_of(name, weight)]
    return onnx.helper.make_graph(made.nodes, "layer", [], [], tensors)


@pytest.mark.parametrize("is_every", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_contract_lists_the_operators_that_the_export_writes(tmp_path, is_every):
    cases = [(*case, is_whole) for case in SETTINGS for is_whole in (True, False)]
    if not is_every:
        cases = [(*case, index % 2 == 0) for index, case in enumerate(FEW)]
    graphs = [written(name, settings, tmp_path / "m.onnx", is_whole=is_whole) for name, settings, is_whole in cases]
    graphs += [graph_of(spec) for spec in layer_specs()]
    written_now = contract.OPERATORS.keys() - set(contract.FORMER_OPERATORS)
    assert operators(graphs) == {name: set(contract.OPERATORS[name]) for name in written_now}
    assert {tensor.data_type for graph in graphs for tensor in graph.initializer} == STORED_TYPES.keys() or not is_every
    assert max(len(graph.node) for graph in graphs) <= contract.MOST_NODES / 2


@pytest.mark.parametrize("path", [*sorted(MODELS_FOLDER.glob("*.onnx")), GRAPHS / "input_layer_learned.onnx"], ids=lambda path: path.stem)  # fmt: skip
def test_the_files_that_ship_use_no_other_operators(path):
    proto = onnx.load(path)
    assert operators([proto.graph]).keys() <= contract.OPERATORS.keys()
    assert contract_breaches(proto) == []


# What a file leaves out where it has the scheme's own value, beside what the scalings of rope do.
LATER = {
    "sinusoidal": {"wave_layout", "first_place"},
    "transformer-xl": {"wave_layout"},
    "alibi": {"bias_max"},
    "rope": {"rotary_dim"},
}


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=lambda value: value if isinstance(value, str) else json.dumps(value))  # fmt: skip
def test_the_parameters_that_a_scheme_states_are_those_that_a_file_may_carry(name, settings):
    scheme = SCHEMES[name].drawn(d_model=D_MODEL, context_length=CONTEXT_LENGTH, **settings)
    stated = json.loads(json.dumps(scheme.hyperparameters()))
    metadata = replace(METADATA, position_scheme=name, d_model=D_MODEL, position_parameters=stated)
    assert parameter_breaches(metadata) == []
    later = {*LATER.get(name, ()), *optional(stated.get("scaling", "none"))}
    for parameter in stated:
        without = {key: value for key, value in stated.items() if key != parameter}
        if parameter in later:
            assert parameter_breaches(replace(metadata, position_parameters=without)) == []
            without = stated | {parameter: None}
        for wrong in (without, *(stated | {parameter: odd} for odd in (None, "x", -1, [], {}, float("inf")))):
            assert len(parameter_breaches(replace(metadata, position_parameters=wrong))) == 1, (parameter, wrong)
    assert len(parameter_breaches(replace(metadata, position_parameters=stated | {"more": 1}))) == 1
