"""Saved files: what they promise, that they hold it, and that the same layer gives the same bytes."""

import hashlib

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.sinusoidal import Sinusoidal
from embedcore.schemes.outputs import output_axes
from export.verify import verify
from export.writer import write_model


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def layer_norm(width, eps=1e-12):
    norm = nn.LayerNorm(width, eps=eps)
    norm.weight.data, norm.bias.data = draw(width, seed=3), draw(width, seed=4)
    return norm


LAYERS = {
    "plain lookup": lambda: InputLayer(draw(11, 8), NoPosition(), context_length=16),
    "GPT-2": lambda: InputLayer(draw(11, 8), Learned(draw(16, 8, seed=1)), context_length=16),
    "first transformer": lambda: InputLayer(draw(11, 8), Sinusoidal(16, 8), context_length=16, scale=8**0.5),
    "Gemma": lambda: InputLayer(draw(11, 8), NoPosition(), context_length=16, scale=8**0.5),
    "BERT": lambda: InputLayer(
        draw(11, 8),
        Learned(draw(16, 8, seed=1)),
        context_length=16,
        token_type=draw(8, seed=2),
        layer_norm=layer_norm(8),
    ),
    "float16": lambda: InputLayer(draw(11, 8).half(), Learned(draw(16, 8, seed=1).half()), context_length=16),
    "large scale": lambda: InputLayer(draw(97, 64), Learned(45 * draw(16, 64, seed=1)), context_length=16, scale=45.25),
    "every part, float16 rows": lambda: InputLayer(
        draw(11, 8).half(),
        Sinusoidal(16, 8, base=500.0),
        context_length=16,
        scale=3.0,
        token_type=draw(8, seed=2).half(),
        layer_norm=layer_norm(8, eps=1e-5),
    ),
    "one row": lambda: InputLayer(draw(1, 8), Learned(draw(16, 8, seed=1)), context_length=16),
    "one number wide": lambda: InputLayer(draw(11, 1), Learned(draw(16, 1, seed=1)), context_length=16),
    "one position": lambda: InputLayer(draw(11, 8), Learned(draw(1, 8, seed=1)), context_length=1),
    "spare positions": lambda: InputLayer(draw(11, 8), Learned(draw(16, 8, seed=1)), context_length=5),
}


def write(layer, path, **changes):
    fields = {"name": "m", "tokenizer": "toy", "source": "a test", "provenance": {"seed": 0}} | changes
    return write_model(layer, path, **fields)


@pytest.fixture(scope="module", params=LAYERS)
def saved(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.onnx"
    layer = LAYERS[request.param]()
    return layer, path, write(layer, path)


def test_a_saved_file_holds_every_check(saved):
    _, path, _ = saved
    checks = verify(path)
    assert [check for check in checks if not check.is_met] == []
    outputs = {check.name.split()[0] for check in checks if "= oracle" in check.name}
    assert {contract.TOKEN_EMBEDDINGS, contract.INPUT_EMBEDDINGS} <= outputs


def test_a_saved_file_runs_as_torch_does_at_every_size(saved):
    """From one token to the whole context, in batches of one to four: nothing of the example's size is baked in."""
    layer, path, _ = saved
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    for batch, sequence in ((1, 1), (4, 1), (1, 2), (2, 2), (3, layer.context_length)):
        sequence = min(sequence, layer.context_length)
        ids = np.random.default_rng(0).integers(0, layer.table.shape[0], (batch, sequence))
        with torch.no_grad():
            expected = layer(torch.from_numpy(ids))
        for name, computed in zip(names, session.run(names, {contract.TOKEN_IDS: ids}), strict=True):
            assert computed.dtype == np.float32
            np.testing.assert_allclose(
                computed, expected[name].numpy(), rtol=contract.LAYER_NORM_RTOL, atol=contract.LAYER_NORM_ATOL
            )
            if name != contract.INPUT_EMBEDDINGS:
                np.testing.assert_array_equal(computed, expected[name].numpy())


def test_a_saved_file_describes_itself(saved):
    layer, path, written = saved
    proto = onnx.load(path)
    metadata = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
    assert metadata == written
    assert (metadata.n_vocab, metadata.d_model) == tuple(layer.table.shape)
    assert metadata.context_length == layer.context_length
    assert metadata.weights_dtype == str(layer.table.dtype).removeprefix("torch.")
    assert "+" not in metadata.exporter_versions + proto.producer_version  # no build, which differs between machines


def test_a_saved_file_keeps_the_format(saved):
    _, path, metadata = saved
    proto = onnx.load(path, load_external_data=False)
    assert [(opset.domain, opset.version) for opset in proto.opset_import] == [("", 18)]
    assert proto.ir_version <= 10
    assert {node.domain for node in proto.graph.node} == {""}
    assert not proto.functions
    assert not proto.graph.value_info
    assert [path.name for path in path.parent.iterdir()] == ["m.onnx"]  # no sidecar, no leftover
    axes = {
        value.name: tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*proto.graph.input, *proto.graph.output)
    }
    assert axes == {"token_ids": ("batch", "sequence")} | output_axes(metadata)


@pytest.mark.parametrize("name", ["BERT", "float16"])
def test_the_same_layer_gives_the_same_bytes(name, tmp_path):
    digests = set()
    for index in range(2):
        write(LAYERS[name](), tmp_path / f"{index}.onnx")
        digests.add(hashlib.sha256((tmp_path / f"{index}.onnx").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_weights_that_the_exporter_would_merge_are_refused_and_nothing_is_written(tmp_path):
    """Two equal tables are stored once, under one name: the file could not be read back."""
    with pytest.raises(ModelFileError, match=r"position\.table"):
        write(InputLayer(draw(4, 4), Learned(draw(4, 4)), context_length=4), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_weights_above_one_file_are_refused_with_both_numbers(tmp_path):
    table = torch.empty(1, 1).expand(400_000, 1_000)  # 1.6 GB by its shape, four bytes in memory
    layer = InputLayer(draw(2, 2), NoPosition(), context_length=4)
    layer.table = nn.Parameter(table, requires_grad=False)
    with pytest.raises(ModelFileError, match=r"1,600,000,000.*1,500,000,000"):
        write(layer, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_export_leaves_the_file_that_was_there_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    write(LAYERS["GPT-2"](), path)
    before = path.read_bytes()
    monkeypatch.setattr("export.writer.contract_breaches", lambda proto: ["a breach"])
    with pytest.raises(ModelFileError, match="a breach"):
        write(LAYERS["BERT"](), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
