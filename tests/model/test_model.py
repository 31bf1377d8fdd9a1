"""The runtime on real files: values against the stored weights, and every bad input by name."""

import subprocess
import sys
import threading

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import embedcore
from embedcore import contract
from embedcore.errors import ModelFileError, ProviderUnavailable, SequenceTooLong, ShapeError, UnknownTokenId
from embedcore.model.file import read_model_file
from tests.book import BOOK_ROWS


def stored(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(model.file.path).graph.initializer}


def test_toy_gives_the_numbers_of_the_book(toy):
    np.testing.assert_allclose(toy.table, BOOK_ROWS, rtol=0, atol=5e-5)
    layer = toy.run([2, 3, 5, 1])
    np.testing.assert_allclose(layer.token_embeddings[0], np.array(BOOK_ROWS)[[2, 3, 5, 1]], rtol=0, atol=5e-5)


@pytest.mark.parametrize("name", ["toy", "pydoc", "untrained"])
def test_every_output_equals_the_stored_weights(name, request):
    model = request.getfixturevalue(name)
    weights = stored(model)
    ids = np.random.default_rng(0).integers(0, model.metadata.n_vocab, (3, 5))
    layer = model.run(ids)
    rows = weights["table"][ids].astype(np.float32)
    places = weights["position.table"][:5].astype(np.float32)
    np.testing.assert_array_equal(layer.token_embeddings, rows)
    np.testing.assert_array_equal(layer.position_embeddings, places)
    np.testing.assert_allclose(
        layer.input_embeddings,
        rows.astype(np.float64) + places,
        rtol=contract.SUM_RTOL,
        atol=contract.SUM_ATOL,
    )


@pytest.mark.parametrize("name", ["toy", "pydoc", "untrained"])
def test_table_is_read_whole_through_the_session(name, request):
    model = request.getfixturevalue(name)
    np.testing.assert_array_equal(model.table, stored(model)["table"].astype(np.float32))
    assert model.table.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        model.table[0, 0] = 1


def test_one_sequence_is_a_batch_of_one(toy):
    layer = toy.run([3, 3])
    assert layer.token_ids.shape == (1, 2)
    assert layer.token_embeddings.shape == layer.input_embeddings.shape == (1, 2, 3)
    assert layer.position_embeddings.shape == (2, 3)
    assert layer.extras == {}
    assert layer.seconds > 0


@pytest.mark.parametrize(
    ("token_ids", "error", "words"),
    [
        ([-1], UnknownTokenId, "-1 is outside 0…5"),
        ([0, 6], UnknownTokenId, "6 is outside 0…5"),
        ([2**62], UnknownTokenId, f"{2**62} is outside"),
        ([2**64], UnknownTokenId, "outside|64 bits"),
        ([1.5], UnknownTokenId, "1.5 is no whole number"),
        (["1"], UnknownTokenId, "'1' is no whole number"),
        ([True], UnknownTokenId, "True is no whole number"),
        ([], ShapeError, r"shape \[0\]"),
        (3, ShapeError, r"shape \[\]"),
        ([[[1]]], ShapeError, r"shape \[1, 1, 1\]"),
        ([[1], [1, 2]], ShapeError, "different lengths"),
        (np.zeros((0, 2), np.int64), ShapeError, r"\[0, 2\]"),
        ([0] * 7, SequenceTooLong, "7 tokens is longer than the 6 positions of toy"),
    ],
)
def test_bad_ids_are_named_before_the_session_sees_them(toy, token_ids, error, words):
    with pytest.raises(error, match=words):
        toy.run(token_ids)


def test_any_integer_dtype_is_taken_as_it_is(toy):
    for dtype in (np.int8, np.uint16, np.int32, np.uint64):
        np.testing.assert_array_equal(toy.run(np.array([5, 0], dtype)).token_embeddings[0], toy.table[[5, 0]])


def test_one_model_serves_many_threads_at_once(pydoc):
    ids = np.random.default_rng(1).integers(0, pydoc.metadata.n_vocab, (8, 64))
    expected = pydoc.table[ids]
    wrong = []

    def work(row):
        runs = (pydoc.run(ids[row]).token_embeddings[0] for _ in range(50))
        wrong.extend(row for rows in runs if not np.array_equal(rows, expected[row]))

    threads = [threading.Thread(target=work, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_cuda_on_a_machine_without_it_is_refused_with_the_reason():
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this build has CUDA")
    with pytest.raises(ProviderUnavailable, match=r"requirements-gpu\.txt"):
        embedcore.open_model("toy", provider="cuda")
    model = embedcore.open_model("toy")
    assert model.provider == "cpu"
    assert "requirements-gpu.txt" in model.provider_report.reason


@pytest.mark.gpu
def test_cuda_gives_the_bits_of_the_cpu(untrained):
    model = embedcore.open_model("random-gpt2", provider="cuda")
    assert model.provider == "cuda"
    np.testing.assert_array_equal(model.run([[1, 2, 3]]).input_embeddings, untrained.run([[1, 2, 3]]).input_embeddings)


def broken(path, change):
    """Write a copy of the toy with `change` done to its proto."""
    proto = onnx.load(embedcore.open_model("toy", provider="cpu").file.path)
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def flip_a_weight(proto):
    table = next(tensor for tensor in proto.graph.initializer if tensor.name == "table")
    values = numpy_helper.to_array(table).copy()
    values[0, 0] = np.nextafter(values[0, 0], np.float32(9))
    table.CopyFrom(numpy_helper.from_array(values, "table"))


def shrink_n_vocab(proto):
    next(prop for prop in proto.metadata_props if prop.key == "embedcore.n_vocab").value = "7"


def rename_input(proto):
    proto.graph.input[0].name = "input_ids"
    for node in proto.graph.node:
        node.input[:] = ["input_ids" if name == "token_ids" else name for name in node.input]


def set_prop(key, value):
    def change(proto):
        next(prop for prop in proto.metadata_props if prop.key == f"embedcore.{key}").value = value

    return change


def outside(proto):
    table = next(tensor for tensor in proto.graph.initializer if tensor.name == "table")
    table.data_location = onnx.TensorProto.EXTERNAL
    table.external_data.add(key="location", value="../../../etc/passwd")
    table.ClearField("raw_data")
    table.ClearField("float_data")


def cut_short(proto):
    table = next(tensor for tensor in proto.graph.initializer if tensor.name == "table")
    table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table), "table"))
    table.raw_data = table.raw_data[:-4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip_a_weight, "altered"),
        (rename_input, "inputs are input_ids"),
        (lambda proto: proto.graph.output.pop(), "outputs are"),
        (lambda proto: proto.metadata_props.pop(0), "no metadata"),
        (lambda proto: setattr(proto.opset_import[0], "version", 17), "opset 17"),
        (lambda proto: setattr(proto.graph.node[0], "domain", "com.example"), r"com\.example"),
        (lambda proto: setattr(proto, "ir_version", 99), "IR version 99"),
        (set_prop("contract_version", "3"), "contract version 3"),
        (set_prop("n_vocab", "many"), "many"),
        (set_prop("n_vocab", "0"), "must be 1 or more"),
        (set_prop("position_scheme", "guess"), "guess"),
        (set_prop("position_parameters", "[]"), "JSON object"),
        (outside, "outside the file"),
        (set_prop("context_length", "9"), "9 positions, but a run"),
        (cut_short, "cut short"),
        (lambda proto: proto.graph.output.append(proto.graph.output.pop(0)), "outputs are position_embeddings"),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused_by_its_reason(tmp_path, change, words):
    with pytest.raises(ModelFileError, match=words):
        embedcore.open_model(broken(tmp_path / "broken.onnx", change), provider="cpu")


def test_a_file_that_promises_rows_it_does_not_have_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="7"):
        embedcore.open_model(broken(tmp_path / "short.onnx", shrink_n_vocab), provider="cpu")


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04" + bytes(100)])
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"foreign\.onnx"):
        embedcore.open_model(path)


def test_a_truncated_file_is_refused(tmp_path, toy):
    content = toy.file.path.read_bytes()
    path = tmp_path / "half.onnx"
    for length in (1, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            embedcore.open_model(path)


def test_an_onnx_file_of_someone_else_is_refused(tmp_path):
    from onnx import TensorProto, helper

    node = helper.make_node("Identity", ["x"], ["y"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    path = tmp_path / "identity.onnx"
    path.write_bytes(helper.make_model(helper.make_graph([node], "g", value[:1], value[1:])).SerializeToString())
    with pytest.raises(ModelFileError, match="no embedcore model"):
        embedcore.open_model(path)


@pytest.mark.parametrize("name", ["nothing", "", "TOY", "../toy", "/nowhere/x.onnx"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ModelFileError):
        embedcore.open_model(name)


def test_the_file_knows_its_own_hash(toy):
    import hashlib

    assert read_model_file(toy.file.path).sha256 == hashlib.sha256(toy.file.path.read_bytes()).hexdigest()


def test_importing_embedcore_and_running_a_model_never_imports_torch_or_streamlit():
    code = (
        "import sys, embedcore; embedcore.open_model('toy').run([1]); "
        "bad = {'torch', 'streamlit', 'sklearn', 'pandas'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
