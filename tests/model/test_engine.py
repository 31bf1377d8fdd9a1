"""A Model asks its engine for everything that is computed: a second engine, of two arrays, is enough to drive it."""

import numpy as np
import pytest

import embedcore
from embedcore import contract
from embedcore.engine.engine import Engine
from embedcore.engine.local import LocalEngine
from embedcore.errors import EmbedcoreError, ModelFileError, SequenceTooLong, ShapeError, UnknownTokenId
from embedcore.model.scheme import learned_of_model
from embedcore.model.stages import stage_vectors
from tests.array_engine import ArrayEngine, array_model, arrays


@pytest.fixture
def model(toy):
    return array_model(ArrayEngine(*arrays()), toy)


def test_both_engines_keep_the_protocol(model, toy):
    assert isinstance(model.engine, Engine)
    assert isinstance(toy.engine, Engine)
    assert isinstance(toy.engine, LocalEngine)


def test_a_run_is_what_the_engine_makes_of_the_ids(model):
    table, positions = arrays()
    ids = [[5, 50_256, 0], [7, 7, 8]]
    layer = model.run(ids)
    np.testing.assert_array_equal(layer.token_ids, ids)
    np.testing.assert_array_equal(layer.token_embeddings, table[np.array(ids)])
    np.testing.assert_array_equal(layer.position_embeddings, positions[:3])
    np.testing.assert_array_equal(layer.input_embeddings, table[np.array(ids)] + positions[:3])
    assert dict(layer.extras) == {}
    np.testing.assert_array_equal(model.run_output("input_embeddings", [9]), (table[9] + positions[0])[None, None])


def test_the_tables_come_through_the_engine(model):
    table, positions = arrays()
    np.testing.assert_array_equal(model.table, table)
    assert model.table is model.table
    assert not model.table.flags.writeable
    np.testing.assert_array_equal(model.positions, positions)
    np.testing.assert_array_equal(model.position_table, positions)
    assert model.position_table.dtype == np.float32
    np.testing.assert_array_equal(stage_vectors(model, "sums at position 0"), table + positions[0])


def test_what_it_says_of_itself(model):
    assert (model.name, model.sha256, model.longest) == ("two-arrays", "a" * 64, 16)
    assert model.provider == "cpu"
    assert model.provider_report.reason == "two arrays in memory are all that it needs"
    assert model.tokenizer is embedcore.get_tokenizer("gpt2")
    assert (model.file_name, model.output_file_name) == ("two-arrays.onnx", "two-arrays.output.npy")
    assert model.reference == "two-arrays"
    assert model.output_table is None
    assert model.output_state is None
    with pytest.raises(ModelFileError, match=r"two-arrays was not opened from a file here: open it by the path"):
        _ = model.file


def test_what_is_asked_of_it_is_checked_before_the_engine_is(model):
    with pytest.raises(UnknownTokenId, match="token id 50257 is outside 0…50256, the vocabulary of two-arrays"):
        model.run([50_257])
    with pytest.raises(SequenceTooLong, match="a sequence of 17 tokens is longer than the 16 positions of two-arrays"):
        model.run(range(17))
    with pytest.raises(ShapeError, match="at least 1 token"):
        model.run([])
    assert model.engine.n_runs == 0


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("token_embeddings", lambda rows: rows[..., 1:], r"gives token_embeddings \[1, 2, 7\], not the \[1, 2, 8\] of"),
        ("input_embeddings", lambda sums: sums[0], r"gives input_embeddings \[2, 8\], not the \[1, 2, 8\] of"),
        (
            "position_embeddings",
            lambda places: places.astype(np.float64),
            r"gives position_embeddings float64 \[2, 8\], not the \[2, 8\] of",
        ),
    ],
)
def test_what_the_engine_gives_is_held_to_the_contract(toy, name, change, message):
    class Lying(ArrayEngine):
        def run(self, names, token_ids):
            outputs = dict(super().run(names, token_ids))
            outputs[name] = change(outputs[name])
            return outputs

    with pytest.raises(ModelFileError, match=r"two-arrays\.onnx " + message):
        array_model(Lying(*arrays()), toy).run([1, 2])


def test_a_run_that_fails_names_the_run_and_the_file(toy):
    class Failing(ArrayEngine):
        def run(self, names, token_ids):
            raise OSError("out of paper")

    message = r"two-arrays\.onnx fails at a run of 1 × 3 tokens \(out of paper\): export it again"
    with pytest.raises(ModelFileError, match=message):
        array_model(Failing(*arrays()), toy).run([1, 2, 3])


def test_what_is_not_the_files_fault_passes_as_the_engine_says_it(toy):
    class Unreachable(ArrayEngine):
        def run(self, names, token_ids):
            raise EmbedcoreError("nobody answers at port 1: start the server")

    with pytest.raises(EmbedcoreError, match=r"^nobody answers at port 1: start the server$") as caught:
        array_model(Unreachable(*arrays()), toy).run([1])
    assert not isinstance(caught.value, ModelFileError)


def test_neighbors_schemes_and_expressions_take_it_as_any_model(model):
    table, _ = arrays()
    near = embedcore.neighbors(model.table, model.run([42]).token_embeddings[0], k=3)
    unit = table.astype(np.float64) / np.linalg.norm(table.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_array_equal(near.token_ids[0], np.argsort(-(unit @ unit[42]), kind="stable")[:3])
    np.testing.assert_array_equal(learned_of_model(model).table, model.positions)


def test_a_closed_model_runs_no_more_and_says_so(model):
    opened = embedcore.open_model("toy", provider="cpu")
    before = opened.run([3])
    for each in (opened, model):
        each.close()
        each.close()
        with pytest.raises(EmbedcoreError, match=r"was closed.*open it again|let go"):
            each.run([3])
    assert before == embedcore.open_model("toy", provider="cpu").run([3])


def test_the_local_engine_reads_a_stored_weight_again(toy):
    np.testing.assert_array_equal(toy.engine.stored("position.table"), toy.position_table)
    assert toy.engine.stored("no such weight") is None


def test_shapes_of_outputs_by_their_axes(toy):
    assert contract.output_shape(("batch", "sequence", 64), 2, 5) == (2, 5, 64)
    assert contract.output_shape((contract.DISTANCES, 3), 1, 5) == (9, 3)
    assert contract.output_shape((4, "sequence", "sequence"), 7, 5) == (4, 5, 5)
    with pytest.raises(KeyError):
        contract.output_shape(("depth",), 1, 1)
