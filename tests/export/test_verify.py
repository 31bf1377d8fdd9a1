"""`python -m export verify`: every way of breaking a file is found, and all faults are reported together."""

import os
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ParityError
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import weights
from embedcore.nn import InputLayer
from embedcore.nn.sinusoidal import Sinusoidal
from embedcore.schemes.outputs import SCHEME_OUTPUTS, output_axes
from export.__main__ import main
from export.verify import _tolerance, require_parity, verify
from export.writer import write_model
from tests.hostile import changes
from tests.hostile.fields import outside
from tests.hostile.toy import hostile
from tests.test_contract import METADATA

TOY = MODELS_FOLDER / "toy.onnx"


@pytest.fixture
def broken(tmp_path):
    """Return a function that applies a change to the toy's file and returns the changed file."""

    def change_and_save(change, source=TOY):
        proto = onnx.load(source)
        change(proto)
        path = tmp_path / "broken.onnx"
        path.write_bytes(proto.SerializeToString())
        return path

    return change_and_save


def unmet(path):
    return {check.name: check.detail for check in verify(path) if not check.is_met}


def set_metadata(proto, key, value):
    for prop in proto.metadata_props:
        if prop.key == f"embedcore.{key}":
            prop.value = value


def rehash(proto):
    set_metadata(proto, "weights_sha256", contract.weights_digest(weights(proto)))


def initializer(proto, name):
    return next(tensor for tensor in proto.graph.initializer if tensor.name == name)


def node(proto, op_type):
    return next(node for node in proto.graph.node if node.op_type == op_type)


def rename_output(proto):
    for value in (proto.graph.output[0], *proto.graph.node):
        if isinstance(value, onnx.ValueInfoProto):
            value.name = "tokens"
        else:
            for names in (value.input, value.output):
                for index, name in enumerate(names):
                    if name == "token_embeddings":
                        names[index] = "tokens"


def flip_a_bit(proto):
    table = initializer(proto, "table")
    table.raw_data = bytes([table.raw_data[0] ^ 1]) + table.raw_data[1:]


def test_every_check_of_the_toy_is_printed_and_met(capsys):
    assert main(["verify", str(TOY)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["check", "result", "detail"]
    assert all(line[lines[0].index("result") :].startswith("ok") for line in lines[1:-1])
    assert lines[-1] == f"toy.onnx: all {len(lines) - 2} hold"


CHANGES = {
    "a weight's bit": (flip_a_bit, "contract", "altered"),
    "metadata gone": (lambda proto: proto.ClearField("metadata_props"), "contract", "embedcore.name"),
    "a key gone": (lambda proto: proto.metadata_props.pop(3), "contract", "position_parameters"),
    "another opset": (lambda proto: setattr(proto.opset_import[0], "version", 17), "contract", "17"),
    "a newer IR": (lambda proto: setattr(proto, "ir_version", 11), "contract", "11"),
    "a foreign operator": (
        lambda proto: (
            setattr(node(proto, "Add"), "domain", "com.microsoft"),
            proto.opset_import.add(domain="com.microsoft", version=1),
        ),
        "contract",
        "com.microsoft",
    ),
    "an output renamed": (rename_output, "contract", "tokens"),
    "outputs in another order": (lambda proto: proto.graph.output.reverse(), "outputs", "input_embeddings"),
    "an axis renamed": (
        lambda proto: setattr(proto.graph.output[0].type.tensor_type.shape.dim[0], "dim_param", "n"),
        "contract",
        "[n, sequence, 3]",
    ),
    "a fixed batch": (
        lambda proto: setattr(proto.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 1),
        "contract",
        "[1, sequence]",
    ),
    "a stack trace": (
        lambda proto: setattr(node(proto, "Add"), "doc_string", 'File "/home/me/layer.py", line 3'),
        "traces",
        "layer.py",
    ),
    "a path in a node's notes": (
        lambda proto: node(proto, "Add").metadata_props.add(key="source", value="/home/me/layer.py"),
        "traces",
        "/home/me",
    ),
    "a path in the provenance": (
        lambda proto: set_metadata(proto, "provenance", '{"corpus": "/srv/data/corpus.txt"}'),
        "traces",
        "/srv/data",
    ),
    "weights renamed": (
        lambda proto: (
            setattr(initializer(proto, "table"), "name", "rows"),
            node(proto, "Gather").input.__setitem__(0, "rows"),
            rehash(proto),
        ),
        "sizes",
        "missing",
    ),
    "n_vocab that is not the table's": (lambda proto: set_metadata(proto, "n_vocab", "7"), "sizes", "[7, 3]"),
    "context_length past the positions": (
        lambda proto: set_metadata(proto, "context_length", "9"),
        "sizes",
        "[9, 3]",
    ),
    "another weights dtype": (lambda proto: set_metadata(proto, "weights_dtype", "float16"), "sizes", "float16"),
    "a scheme without its parameter": (
        lambda proto: set_metadata(proto, "position_scheme", "t5"),
        "sizes",
        "n_buckets",
    ),
    "a scale that is no number": (
        lambda proto: set_metadata(proto, "position_parameters", '{"embedding_scale": "x"}'),
        "sizes",
        "embedding_scale",
    ),
    "a scale that the graph does not have": (
        lambda proto: set_metadata(proto, "position_parameters", '{"embedding_scale": 2.0}'),
        "input_embeddings [1, 1] ONNX Runtime = oracle",
        "rtol",
    ),
    "another operator": (
        lambda proto: setattr(node(proto, "Add"), "op_type", "Sub"),
        "input_embeddings [3, 5] ONNX Runtime = torch",
        "rtol",
    ),
    "an operator that does not exist": (
        lambda proto: setattr(node(proto, "Add"), "op_type", "Nonsense"),
        "graph",
        "Nonsense",
    ),
    "weights cut short": (
        lambda proto: setattr(initializer(proto, "table"), "raw_data", initializer(proto, "table").raw_data[:-2]),
        "contract",
        "weights",
    ),
    "weights outside the file": (
        lambda proto: (
            setattr(initializer(proto, "table"), "data_location", TensorProto.EXTERNAL),
            initializer(proto, "table").external_data.add(key="location", value="elsewhere.bin"),
        ),
        "contract",
        "weights",
    ),
}


@pytest.mark.parametrize(("change", "check", "detail"), CHANGES.values(), ids=CHANGES)
def test_a_changed_file_fails_its_check(broken, capsys, change, check, detail):
    path = broken(change)
    details = [result.detail for result in verify(path) if result.name == check and not result.is_met]
    assert detail in " ".join(details)
    assert main(["verify", str(path)]) == 1
    output = capsys.readouterr()
    assert "FAIL" in output.out
    assert "fail" in output.out.splitlines()[-1]
    assert output.err == ""


def test_all_that_is_wrong_is_reported_at_once(broken):
    def change(proto):
        proto.opset_import[0].version = 17
        flip_a_bit(proto)
        node(proto, "Add").doc_string = 'File "/home/me/layer.py", line 3'
        set_metadata(proto, "n_vocab", "7")

    checks = [check for check in verify(broken(change)) if not check.is_met]
    assert [check.name for check in checks].count("contract") >= 2
    assert {"contract", "traces", "sizes", "parity"} <= {check.name for check in checks}


def test_an_altered_lookup_is_no_lookup_even_with_its_hash_mended(broken):
    """A sum may be off by one unit in the last place, but token_embeddings must be the rows' own bits."""

    def change(proto):
        add = node(proto, "Gather")
        name = add.output[0]
        add.output[0] = "raw"
        tiny = numpy_helper.from_array(np.float32(1 + 2**-23).reshape(()), "tiny")
        proto.graph.initializer.append(tiny)
        index = list(proto.graph.node).index(add)
        proto.graph.node.insert(index + 1, helper.make_node("Mul", ["raw", "tiny"], [name]))
        rehash(proto)

    failures = unmet(broken(change))
    assert "token_embeddings [1, 6] ONNX Runtime = oracle" in failures
    assert not any(name.startswith("input_embeddings") for name in failures)


def test_sinusoidal_positions_are_held_to_the_paper_not_to_the_stored_table(tmp_path, broken):
    path = tmp_path / "waves.onnx"
    layer = InputLayer(torch.randn(5, 4), Sinusoidal(6, 4), context_length=6)
    write_model(layer, path, name="waves", tokenizer="toy", source="a test", provenance={})
    assert unmet(path) == {}

    def change(proto):
        table = initializer(proto, "position.table")
        values = numpy_helper.to_array(table).copy()
        values[5, 2] += 1e-4
        table.raw_data = values.tobytes()
        rehash(proto)

    failures = unmet(broken(change, source=path))
    assert "position_embeddings [1, 6] ONNX Runtime = oracle" in failures
    assert "position_embeddings [1, 1] ONNX Runtime = oracle" not in failures


@pytest.mark.parametrize("keep", [0, 1, 40, 700, -1])
def test_a_truncated_file_fails(tmp_path, keep, capsys):
    path = tmp_path / "cut.onnx"
    path.write_bytes(TOY.read_bytes()[:keep])
    assert main(["verify", str(path)]) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a model", b"\x00" * 64, b"text" * 9])
def test_what_is_no_model_fails(tmp_path, content):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    assert list(unmet(path)) == ["file"]


def test_a_foreign_model_fails_with_the_remedy(tmp_path):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "foreign", [value[0]], [value[1]])
    path = tmp_path / "foreign.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    failures = unmet(path)
    assert "python -m export" in failures["contract"]
    assert "parity" in failures


def test_a_missing_file_fails(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "nothing.onnx")]) == 1
    assert "nothing.onnx" in capsys.readouterr().out


def test_require_parity_raises_with_every_unmet_check(broken):
    require_parity(TOY)
    with pytest.raises(ParityError, match="altered"):
        require_parity(broken(flip_a_bit))


def test_the_oracle_gives_the_books_row():
    """The oracle is compared with the book too: row 3 of Embedding(6, 3) after manual_seed(123)."""
    from export.oracle import oracle

    proto = onnx.load(TOY)
    metadata = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
    outputs = oracle(metadata, weights(proto), np.array([[3]]))
    np.testing.assert_allclose(outputs["token_embeddings"], [[[-0.4015, 0.9666, -1.1481]]], rtol=0, atol=5e-5)


def test_altered_positions_are_no_lookup_even_with_their_hash_mended(broken):
    """A sum may be off by one unit in the last place, but a learned scheme gives the table's own bits."""

    def change(proto):
        gather = next(node for node in proto.graph.node if node.output[0] == "position_embeddings")
        gather.output[0] = "raw"
        proto.graph.initializer.append(numpy_helper.from_array(np.float32(1 + 2**-23).reshape(()), "tiny"))
        at = list(proto.graph.node).index(gather)
        proto.graph.node.insert(at + 1, helper.make_node("Mul", ["raw", "tiny"], ["position_embeddings"]))
        rehash(proto)

    failures = unmet(broken(change))
    assert "position_embeddings [1, 6] ONNX Runtime = oracle" in failures
    assert not any(name.startswith("input_embeddings") for name in failures)


LOOKUPS = {
    "learned": "position_embeddings",
    "t5": "attention_bias",
    **dict.fromkeys(("shaw", "bert-relative-key", "bert-relative-key-query", "deberta"), "relative_embeddings"),
}


@pytest.mark.parametrize("scheme", SCHEME_OUTPUTS)
def test_rows_of_a_stored_table_are_held_to_their_bits_and_what_is_computed_to_a_tolerance(scheme):
    metadata = replace(METADATA, position_scheme=scheme)
    outputs = output_axes(metadata)
    exact = [name for name in outputs if _tolerance(name, metadata) is None]
    assert exact == ["token_embeddings", *filter(None, [LOOKUPS.get(scheme)])]


HOSTILE = list(changes.CHANGES.items())


@pytest.mark.parametrize(
    "cases", [HOSTILE[::16], pytest.param(HOSTILE, marks=pytest.mark.long)], ids=["some", "all"]
)  # fmt: skip
def test_a_hostile_file_ends_with_failed_checks_and_no_traceback(tmp_path, capsys, cases):
    for name, change in cases:
        path = hostile(tmp_path / "hostile.onnx", change)
        assert main(["verify", str(path)]) == 1, name
        output = capsys.readouterr()
        assert "FAIL" in output.out, name
        assert output.err == "", name


def test_weights_outside_the_file_are_not_opened(tmp_path, monkeypatch):
    """The weights lie in a pipe that nobody writes to, so that opening it would wait forever."""
    os.mkfifo(tmp_path / "elsewhere.bin")
    monkeypatch.chdir(tmp_path)
    path = hostile(tmp_path / "outside.onnx", outside("elsewhere.bin"))
    assert any("outside the file" in detail for detail in unmet(path).values())


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_plain_file_fails_without_waiting(tmp_path, make):
    path = tmp_path / "odd.onnx"
    make(path)
    assert list(unmet(path)) == ["file"]


@pytest.mark.parametrize(
    ("scheme", "parameters"),
    [
        ("t5", '{"n_heads": 1, "n_buckets": 1000000000000, "max_distance": 1000000000001, "is_bidirectional": true}'),
        ("shaw", '{"n_heads": 1, "max_distance": 1000000000000}'),
        ("deberta", '{"n_heads": 3, "max_distance": 4611686018427387904, "n_buckets": 0}'),
        ("alibi", '{"n_heads": 1000000000000}'),
        ("rope", '{"n_heads": 1.5, "layout": "half", "scaling": "none", "base": 10}'),
        ("sinusoidal", '{"base": "10"}'),
    ],
)
def test_parameters_of_sizes_that_no_memory_holds_fail_by_name(broken, scheme, parameters):
    def change(proto):
        set_metadata(proto, "position_scheme", scheme)
        set_metadata(proto, "position_parameters", parameters)

    assert {"contract", "sizes"} <= unmet(broken(change)).keys()
