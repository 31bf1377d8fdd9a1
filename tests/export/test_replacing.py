"""Nothing that has not passed takes a good file's place, whatever verb writes it; and nothing else is left behind."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from embedcore.cache import replacing
from embedcore.errors import ModelFileError
from embedcore.maps.fidelity import Fidelity
from embedcore.maps.file import StoredMap, vectors_sha256
from embedcore.model import catalog, untrained
from embedcore.model.untrained import write_untrained
from export import graph, writer
from export.__main__ import main
from export.graph import export_graph

GOOD = b"a good file"
SMALL = ["--d-model", "8", "--context-length", "6"]
TRAIN = ["--steps", "1", "--layers", "1", "--heads", "1", "--batch-size", "1", "--corpus-limit", "3", "--threads", "1"]
# Every command that writes a model file through the exporter.
MODELS = {
    "toy": ["toy"],
    "random": ["random", "--encoding", "toy", *SMALL],
    "random alibi": ["random", "--encoding", "toy", *SMALL, "--positions", "alibi", "--n-heads", "2"],
    "train": ["train", *SMALL, *TRAIN],
}


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture
def wrong_sum(monkeypatch):
    """Make the exporter write well-formed graphs whose sums are off by 1 in 1,000 of what torch computes."""

    def changed(*arguments, **named):
        proto = original(*arguments, **named)
        for output in proto.graph.output:
            node = next(node for node in proto.graph.node if output.name in node.output)
            if proto.graph.input[0].name == "token_ids" and output.name != "input_embeddings":
                continue
            if output.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
                continue
            node.output[list(node.output).index(output.name)] = f"{output.name}_raw"
            proto.graph.initializer.append(numpy_helper.from_array(np.float32([1.001]), f"{output.name}_by"))
            proto.graph.node.append(helper.make_node("Mul", [f"{output.name}_raw", f"{output.name}_by"], [output.name]))
        return proto

    original = export_graph
    monkeypatch.setattr(graph, "export_graph", changed)
    monkeypatch.setattr(writer, "export_graph", changed)


@pytest.mark.usefixtures("wrong_sum")
@pytest.mark.parametrize("arguments", MODELS.values(), ids=MODELS)
def test_a_model_that_fails_parity_leaves_the_file_that_was_there(tmp_path, capsys, arguments):
    path = tmp_path / "m.onnx"
    path.write_bytes(GOOD)
    assert main([*arguments, "-o", str(path)]) == 1
    message = capsys.readouterr().err
    assert "m.onnx fails" in message
    assert "input_embeddings [1, 6] ONNX Runtime = oracle" in message
    assert path.read_bytes() == GOOD
    assert names(tmp_path) == ["m.onnx"]


@pytest.mark.usefixtures("wrong_sum")
def test_graphs_that_give_other_numbers_leave_those_that_were_there(tmp_path, capsys, monkeypatch):
    for name in ("input_layer_learned.onnx", "sinusoidal.onnx"):
        (tmp_path / name).write_bytes(GOOD)
    assert main(["graphs", "-o", str(tmp_path)]) == 1
    assert "input_layer_learned.onnx fails" in capsys.readouterr().err
    monkeypatch.setattr("export.graphs.write_model", lambda *_, **__: None)  # past the input layer, to the other graphs
    assert main(["graphs", "-o", str(tmp_path)]) == 1
    assert "gives another" in capsys.readouterr().err
    assert (tmp_path / "input_layer_learned.onnx").read_bytes() == GOOD
    assert (tmp_path / "sinusoidal.onnx").read_bytes() == GOOD
    assert names(tmp_path) == ["input_layer_learned.onnx", "sinusoidal.onnx"]


def test_a_map_that_does_not_read_back_leaves_the_one_that_was_there(tmp_path, capsys, monkeypatch):
    good = tmp_path / "good.onnx"
    assert main(["random", "--encoding", "toy", *SMALL, "-o", str(good)]) == 0, capsys.readouterr().err
    stored = tmp_path / "good.umap-2d.npz"
    stored.write_bytes(GOOD)

    def no_cluster(vectors, recipe, **_):
        map_ = made(vectors, recipe)
        return replace(map_, clusters=map_.clusters - np.int16(2))

    def of_others(vectors, recipe, **_):
        map_ = made(vectors, recipe)
        return replace(map_, provenance=dict(map_.provenance) | {"vectors_sha256": "0" * 64})

    def made(vectors, recipe):
        n = len(vectors)
        places = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
        share = np.ones(n, np.float32)
        return StoredMap(
            places, Fidelity(1, share, share), np.zeros(n, np.int16), {"vectors_sha256": vectors_sha256(vectors)}
        )

    for broken, words in ((no_cluster, "would not read back"), (of_others, "a map of other vectors")):
        monkeypatch.setattr("export.maps.make_map", broken)
        assert main(["maps", str(good), "--method", "umap", "--dimensions", "2"]) == 1
        assert words in capsys.readouterr().err
        assert stored.read_bytes() == GOOD
        assert names(tmp_path) == ["good.onnx", "good.umap-2d.npz"]


def test_an_untrained_layer_that_gives_other_numbers_leaves_what_was_there(tmp_path, monkeypatch):
    """Once the sum is wrong and once the table; the hash of the weights is right both times."""
    path = tmp_path / "u.onnx"
    path.write_bytes(GOOD)
    monkeypatch.setattr(untrained, "SHELL", tmp_path / "shell.onnx")
    proto = onnx.load(catalog.MODELS_FOLDER.parent / "embedcore" / "engine" / "graphs" / "input_layer_learned.onnx")
    node = next(node for node in proto.graph.node if node.op_type == "Add")
    node.op_type = "Sub"
    onnx.save(proto, untrained.SHELL)
    with pytest.raises(ModelFileError, match=r"u\.onnx does not give the numbers that were drawn"):
        write_untrained(path, name="random-gpt2")
    assert path.read_bytes() == GOOD
    assert names(tmp_path) == ["shell.onnx", "u.onnx"]


def end_early(path, error):
    with replacing(path) as new:
        assert (new.name, new.parent.parent) == (path.name, path.parent)
        new.write_bytes(b"half")
        raise error


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_block_that_ends_early_leaves_all_as_it_was(tmp_path, error):
    path = tmp_path / "m.onnx"
    for content in (None, GOOD):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(type(error)):
            end_early(path, error)
        assert names(tmp_path) == ([] if content is None else ["m.onnx"])
    assert path.read_bytes() == GOOD
    with replacing(path) as new:
        new.write_bytes(b"whole")
        assert path.read_bytes() == GOOD
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["m.onnx"]
