"""A layer of steps as a file: what the operators give is what the formulas and torch give, for every kind of step."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import embedcore
from embedcore import contract
from embedcore.errors import ModelFileError, ParityError, ShapeError
from embedcore.layer.arithmetic import after_each, split_heads, weight
from embedcore.layer.steps import KINDS, Step, input_steps
from embedcore.model.file import contract_breaches, weights
from export.layer import operators
from export.layer.spec import Table
from export.layer.write import write_layer
from export.verify import verify
from tests.export.layer.specs import (
    EXAMPLES,
    N_VOCAB,
    SCHEMES,
    WIDTH,
    a_spec,
    drawn,
    drawn_blocks,
    spec_of,
    with_queries,
)

IDS = np.array([[1, 2, 1, 4], [5, 6, 1, 1], [0, 4, 59, 4]])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_gives_its_formula(kind, tmp_path):
    path = tmp_path / "layer.onnx"
    spec = spec_of(kind)
    metadata = write_layer(spec, path, name="layer")
    assert [check for check in verify(path) if not check.is_met] == []
    model = embedcore.open_model(path)
    layer = model.run(IDS)
    np.testing.assert_array_equal(layer.token_embeddings, drawn(N_VOCAB, WIDTH)[IDS])
    stored = weights(onnx.load(path))
    positions = None if kind != "positions" else spec.position_table[: IDS.shape[1]]
    walked = after_each(
        input_steps(metadata), layer.token_embeddings, token_ids=IDS, positions=positions, weights=stored
    )
    expected = [vectors for _, vectors in walked][-1]
    np.testing.assert_allclose(
        layer.input_embeddings, expected, rtol=contract.PROJECTION_TOLERANCE, atol=contract.PROJECTION_TOLERANCE
    )


def test_a_norm_of_the_first_numbers_leaves_the_rest(tmp_path, monkeypatch):
    step = Step("rms_norm", {"weight": "w"}, {"epsilon": 3e-4, "first": 5})
    spec = a_spec(steps=(step,), weights={"w": drawn(5)})
    write_layer(spec, tmp_path / "layer.onnx", name="layer")
    layer = embedcore.open_model(tmp_path / "layer.onnx").run(IDS)
    rows = layer.token_embeddings.astype(np.float64)
    root = np.sqrt((rows[..., :5] ** 2).sum(axis=-1, keepdims=True) / 5 + 3e-4)
    np.testing.assert_allclose(layer.input_embeddings[..., :5], rows[..., :5] / root * drawn(5), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(layer.input_embeddings[..., 5:], layer.token_embeddings[..., 5:])
    for first, heads in ((0, 1), (WIDTH + 1, 1), (8, 2)):
        unfit = replace(step, numbers={"epsilon": 3e-4, "first": first, "heads": heads})
        monkeypatch.setattr("export.layer.write.require_parity", lambda _: None)
        write_layer(replace(spec, steps=(unfit,)), tmp_path / "unfit.onnx", name="layer")
        with pytest.raises(ModelFileError, match=f"normalizes the first {first} numbers of vectors {WIDTH} wide"):
            embedcore.open_model(tmp_path / "unfit.onnx")


def test_padding_is_not_counted_by_hand(tmp_path):
    path = tmp_path / "layer.onnx"
    spec = spec_of("positions")
    write_layer(spec, path, name="layer")
    table, places, padding = (
        drawn(N_VOCAB, WIDTH),
        spec.position_table.astype(np.float32),
        EXAMPLES["positions"][1]["pad"],
    )
    by_hand = (
        table[IDS]
        + np.stack(
            [
                [padding, places[0], padding, places[1]],  # 1 is padding
                [places[0], places[1], padding, padding],
                places[:4],
            ]
        )
    )
    np.testing.assert_array_equal(embedcore.open_model(path).run(IDS).input_embeddings, by_hand)


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_of_checkpoints_is_that_of_the_torch_module(name, tmp_path):
    path = tmp_path / "layer.onnx"
    write_layer(a_spec(**SCHEMES[name]), path, name="layer")
    checks = verify(path)
    assert [check for check in checks if not check.is_met] == []
    assert any("torch = oracle" in check.name for check in checks)


def test_queries_and_keys_come_before_any_position_in_their_heads(tmp_path):
    path = tmp_path / "layer.onnx"
    metadata = write_layer(with_queries(), path, name="layer")
    assert (metadata.n_heads, metadata.n_kv_heads, metadata.head_dim, metadata.contract_version) == (4, 2, 12, 2)
    layer = embedcore.open_model(path).run(IDS)
    stored = weights(onnx.load(path))
    rows = layer.input_embeddings.astype(np.float64)
    normed = rows / np.sqrt((rows**2).mean(axis=-1, keepdims=True) + 3e-4) * drawn(WIDTH)
    for name, n_heads in (("queries", 4), ("keys", 2)):
        expected = split_heads(normed @ weight(stored, f"block.{name}.weight").T, n_heads)
        np.testing.assert_allclose(layer.extras[name], expected, rtol=2e-5, atol=2e-5)


def test_blocks_are_gathered_first_and_are_bit_equal_to_their_product(tmp_path):
    path, blocks = tmp_path / "layer.onnx", drawn_blocks(N_VOCAB, WIDTH)
    metadata = write_layer(a_spec(table=Table.of(blocks)), path, name="layer")
    by_hand = (blocks.values.astype(np.float32) * blocks.scales.astype(np.float32)[..., None]).reshape(N_VOCAB, WIDTH)
    model = embedcore.open_model(path)
    np.testing.assert_array_equal(model.table, by_hand)
    np.testing.assert_array_equal(model.run(IDS).token_embeddings, by_hand[IDS])
    assert metadata.weights_dtype == "int8"
    assert path.stat().st_size < 2 * N_VOCAB * WIDTH


def test_the_same_layer_gives_the_same_bytes_and_the_digest_of_its_weights(tmp_path):
    first, second = tmp_path / "a" / "layer.onnx", tmp_path / "b" / "layer.onnx"
    metadata = write_layer(with_queries(), first, name="layer")
    write_layer(with_queries(), second, name="layer")
    assert first.read_bytes() == second.read_bytes()
    proto = onnx.load(first)
    assert metadata.weights_sha256 == contract.weights_digest(weights(proto))
    onnx.checker.check_model(proto, full_check=True)
    assert numpy_helper.to_array(next(one for one in proto.graph.initializer if one.name == "table")).shape == (
        N_VOCAB,
        WIDTH,
    )


def test_a_long_table_is_read_in_slices(tmp_path):
    table, slices = drawn(20_000, WIDTH), []

    def read(rows):
        slices.append(rows)
        return table[rows]

    path = tmp_path / "layer.onnx"
    write_layer(a_spec(table=Table(20_000, WIDTH, "float32", read)), path, name="layer")
    assert [rows.stop - rows.start for rows in slices] == [8_192, 8_192, 20_000 - 2 * 8_192]
    np.testing.assert_array_equal(embedcore.open_model(path).table, table)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_row_that_is_no_number_is_named_and_nothing_is_written(odd, tmp_path):
    table = drawn(9_000, WIDTH)
    table[[8_500, 8_600], 3] = odd
    with pytest.raises(ModelFileError, match=r"row 8,500 of the token table .* 2 of 808 rows from 8,192"):
        write_layer(a_spec(table=Table.of(table)), tmp_path / "layer.onnx", name="layer")
    assert list(tmp_path.iterdir()) == []


def test_a_narrow_table_is_projected(tmp_path):
    path = tmp_path / "layer.onnx"
    step, own, width = EXAMPLES["projection"]
    steps = (Step("positions"), step)
    metadata = write_layer(
        a_spec(steps=steps, weights=own, d_model=width, scheme="learned", position_table=drawn(12, WIDTH)),
        path,
        name="layer",
    )
    layer = embedcore.open_model(path).run(IDS)
    assert (metadata.stored_width, metadata.d_model) == (WIDTH, width)
    assert (layer.token_embeddings.shape[-1], layer.position_embeddings.shape[-1]) == (WIDTH, WIDTH)
    assert layer.input_embeddings.shape[-1] == width


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"d_model": 31}, ShapeError, ["32 wide", "31"]),
        ({"head_dim": 11}, ShapeError, ["48 wide", "44"]),
        ({"scheme": "shaw"}, ShapeError, ["'shaw'", "rope"]),
        ({"scheme": "learned", "position_table": drawn(3, WIDTH)}, ShapeError, ["3 position vectors", "12 places"]),
    ],
)
def test_what_does_not_fit_is_refused_and_a_good_file_stays(changes, error, words, tmp_path):
    path = tmp_path / "layer.onnx"
    path.write_bytes(b"a good file")
    with pytest.raises(error) as caught:
        write_layer(with_queries(**changes), path, name="layer")
    assert all(word in str(caught.value) for word in words)
    assert path.read_bytes() == b"a good file"
    assert [one.name for one in tmp_path.iterdir()] == ["layer.onnx"]


def test_a_wrong_operator_is_seen_and_nothing_is_written(tmp_path, monkeypatch):
    wrong = {**operators._WRITERS, "clip": lambda step, at: at.graph.add("Neg", at.vectors)}
    monkeypatch.setattr(operators, "_WRITERS", wrong)
    with pytest.raises(ParityError, match="input_embeddings"):
        write_layer(spec_of("clip"), tmp_path / "layer.onnx", name="layer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("input_steps", '[{"kind": "spin"}]', ["spin"]),
        ("input_steps", '[{"kind": "scale"}]', ["lacks factor"]),
        ("input_steps", '[{"kind": "scale", "numbers": {"factor": true}}]', ["wrong factor"]),
        ("input_steps", '[{"kind": "scale", "numbers": {"factor": 2, "turns": 3}}]', ["has no turns"]),
        ("input_steps", '[{"kind": "multiply", "weights": {"weight": "nowhere"}}]', ["nowhere", "missing"]),
        ("input_steps", '[{"kind": "neighbors"}]', ["96", "32"]),
        ("input_steps", "{}", ["list"]),
        ("input_steps", "[1]", ["step 1"]),
        ("query_steps", "[]", ["0 steps to queries"]),
        ("n_heads", "3", ["3", "4"]),
        ("stored_width", "16", ["16"]),
    ],
)
def test_steps_that_do_not_fit_the_file_break_the_contract(key, text, words, tmp_path):
    path = tmp_path / "layer.onnx"
    write_layer(with_queries(), path, name="layer")
    proto = onnx.load(path)
    props = {prop.key: prop.value for prop in proto.metadata_props} | {f"embedcore.{key}": text}
    onnx.helper.set_model_props(proto, props)
    breaches = "; ".join(contract_breaches(proto))
    assert breaches
    assert all(word in breaches for word in words)
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(ModelFileError):
        embedcore.open_model(path)


def test_positions_that_no_step_adds_break_the_contract(tmp_path):
    spec = replace(a_spec(**SCHEMES["learned"]), steps=())
    with pytest.raises((ParityError, ModelFileError), match="add"):
        write_layer(spec, tmp_path / "layer.onnx", name="layer")
