"""The weights of a file's steps are read in one reading of the file, those in blocks with their scales."""

import numpy as np

import embedcore
from embedcore.model.file import ModelFile
from export.layer.write import write_layer
from tests.export.layer.specs import with_queries


def test_all_of_them_are_read_at_once(tmp_path, monkeypatch):
    spec = with_queries()
    write_layer(spec, tmp_path / "layer.onnx", name="layer")
    model = embedcore.open_model(tmp_path / "layer.onnx", provider="cpu")
    readings, content = [], ModelFile.content
    monkeypatch.setattr(ModelFile, "content", lambda file: readings.append(file) or content(file))
    weights = model.step_weights
    assert len(readings) == 1
    blocks = spec.weights["block.queries.weight"]
    expected = {
        "block.norm.weight": spec.weights["block.norm.weight"],
        "block.keys.weight": spec.weights["block.keys.weight"],
        "block.queries.weight": blocks.values,
        "block.queries.weight.scales": blocks.scales,
    }
    assert weights.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(weights[name], values, strict=True)


def test_a_file_without_steps_is_not_read(toy, monkeypatch):
    monkeypatch.setattr(ModelFile, "content", lambda file: 1 / 0)
    assert not embedcore.open_model("toy", provider="cpu").step_weights
