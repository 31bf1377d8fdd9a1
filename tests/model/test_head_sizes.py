"""The sizes of the heads that a file may say: head_dim that is not d_model / n_heads, rotary_dim, n_kv_heads."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

import embedcore
from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError, ShapeError
from embedcore.model.scheme import scheme_of_model
from embedcore.nn import SCHEMES, InputLayer
from embedcore.schemes.parameters import parameter_breaches
from export.verify import verify
from export.writer import write_model
from tests.test_contract import METADATA

D_MODEL, N_HEADS, HEAD_DIM, LENGTH = 24, 5, 10, 12  # as in Gemma, d_model is neither head_dim · n_heads nor a multiple
ROPE = {"n_heads": N_HEADS, "base": 500.0, "layout": "half", "scaling": "none"}
SCHEMES_OF_HEADS = {
    "shaw": {"n_heads": N_HEADS, "max_distance": 4},
    "transformer-xl": {"n_heads": N_HEADS, "base": 500.0},
    "t5": {"n_heads": N_HEADS, "n_buckets": 8, "max_distance": 20, "is_bidirectional": True},
    "alibi": {"n_heads": N_HEADS},
    "rope": ROPE,
}


def layer_of(scheme, hyperparameters, *, head_dim=HEAD_DIM):
    torch.manual_seed(3)
    made = SCHEMES[scheme].drawn(d_model=N_HEADS * HEAD_DIM, context_length=LENGTH, **hyperparameters)
    return InputLayer(torch.randn(6, D_MODEL), made, context_length=LENGTH, head_dim=head_dim)


def write(path, scheme="rope", hyperparameters=ROPE):
    write_model(
        layer_of(scheme, hyperparameters), path, name=path.stem, tokenizer="toy", source="a test", provenance={}
    )
    return path


def say(path, **sizes):
    """Write other sizes into the metadata of the file at `path`; None takes a size out."""
    proto = onnx.load(path)
    props = {prop.key: prop.value for prop in proto.metadata_props}
    for name, value in sizes.items():
        props.pop(f"embedcore.{name}", None)
        if value is not None:
            props[f"embedcore.{name}"] = str(value)
    onnx.helper.set_model_props(proto, props)
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize("scheme", SCHEMES_OF_HEADS)
def test_a_file_says_its_own_head_dim_and_gives_vectors_of_that_width(scheme, tmp_path):
    path = write(tmp_path / "wide.onnx", scheme, SCHEMES_OF_HEADS[scheme])
    assert [check for check in verify(path) if not check.is_met] == []
    assert {prop.key: prop.value for prop in onnx.load(path).metadata_props}["embedcore.head_dim"] == "10"
    model = embedcore.open_model(path, provider="cpu")
    metadata = model.metadata
    assert (metadata.head_dim, metadata.rotary_dim, metadata.n_kv_heads, metadata.heads_width) == (10, 10, 5, 50)
    shapes = {name: values.shape for name, values in model.run(range(6)).extras.items()}
    expected = {
        "shaw": {"relative_embeddings": (11, 10)},
        "transformer-xl": {"relative_embeddings": (11, 10)},
        "t5": {"attention_bias": (5, 6, 6)},
        "alibi": {"attention_bias": (5, 6, 6)},
        "rope": {"rotary_cos": (6, 10), "rotary_sin": (6, 10)},
    }
    assert shapes == expected[scheme]


def test_its_waves_are_those_of_a_head_of_that_width(tmp_path):
    extras = embedcore.open_model(write(tmp_path / "wide.onnx"), provider="cpu").run(range(6)).extras
    angles = np.arange(6)[:, None] * 500.0 ** (-2 * np.arange(5) / 10)[None, :]
    for name, wave in ((contract.ROTARY_COS, np.cos), (contract.ROTARY_SIN, np.sin)):
        expected = np.concatenate((wave(angles), wave(angles)), axis=1)
        np.testing.assert_allclose(extras[name], expected, rtol=contract.SUM_RTOL, atol=contract.SUM_ATOL)


def test_a_part_of_such_a_head_turns(tmp_path):
    model = embedcore.open_model(write(tmp_path / "part.onnx", "rope", ROPE | {"rotary_dim": 4}), provider="cpu")
    assert (model.metadata.head_dim, model.metadata.rotary_dim) == (10, 4)
    extras = model.run(range(6)).extras
    np.testing.assert_array_equal(extras["rotary_cos"][:, 4:], np.ones((6, 6), np.float32))
    np.testing.assert_array_equal(extras["rotary_sin"][:, 4:], np.zeros((6, 6), np.float32))
    assert (extras["rotary_sin"][1:, :4] != 0).all()


def test_a_scheme_that_cuts_rows_into_heads_refuses_a_model_whose_heads_no_row_has(tmp_path):
    model = embedcore.open_model(write(tmp_path / "wide.onnx"), provider="cpu")
    words = r"a row of wide is 24 wide, and its 5 heads are 10 wide, 50 together.*Model\.run\(token_ids\)\.extras"
    with pytest.raises(ShapeError, match=words):
        scheme_of_model(model)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"head_dim": None}, "d_model 24 does not divide into 5 heads"),
        ({"head_dim": 8}, r"outputs are .*rotary_cos float \[sequence, 10\].*not .*rotary_cos float \[sequence, 8\]"),
        ({"head_dim": 9}, "head_dim is 9, but sine and cosine come in pairs: choose an even width, 10 say"),
        ({"head_dim": 0}, "embedcore.head_dim is '0', but must be 1 or more"),
        ({"head_dim": "wide"}, "embedcore.head_dim is 'wide', but must be 1 or more"),
        ({"n_kv_heads": 2}, "n_kv_heads is 2, but must divide the 5 heads of the queries: say how many"),
        ({"n_kv_heads": 10}, "n_kv_heads is 10, but must divide the 5 heads of the queries: say how many"),
        ({"rotary_dim": 4}, "rotary_dim is 4, but by the parameters of the scheme 'rope' 10 dimensions of a head turn"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_when_the_file_is_opened(sizes, words, tmp_path):
    path = say(write(tmp_path / "wide.onnx"), **sizes)
    with pytest.raises(ModelFileError, match=words):
        embedcore.open_model(path, provider="cpu")


def test_fewer_heads_of_keys_are_read(tmp_path):
    model = embedcore.open_model(say(write(tmp_path / "wide.onnx"), n_kv_heads=1, rotary_dim=10), provider="cpu")
    assert (model.metadata.n_heads, model.metadata.n_kv_heads, model.metadata.rotary_dim) == (5, 1, 10)
    assert model.metadata.to_props()["embedcore.n_kv_heads"] == "1"
    assert "embedcore.rotary_dim" not in model.metadata.to_props()


def test_a_head_dim_without_heads_is_refused():
    [said] = parameter_breaches(replace(METADATA, head_dim=32))
    assert said.startswith("head_dim is 32 and d_model 64, but the scheme 'sinusoidal' has no parameter 'n_heads'")


def test_a_file_that_says_none_of_them_has_the_defaults_and_writes_none():
    plain = replace(METADATA, position_scheme="rope", position_parameters=ROPE | {"n_heads": 4})
    assert (plain.head_dim, plain.rotary_dim, plain.n_kv_heads, plain.heads_width) == (16, 16, 4, 64)
    assert not {"embedcore.head_dim", "embedcore.rotary_dim", "embedcore.n_kv_heads"} & plain.to_props().keys()
    part = replace(plain, position_parameters=plain.position_parameters | {"rotary_dim": 8})
    assert (part.head_dim, part.rotary_dim) == (16, 8)
    assert replace(plain, head_dim=16, rotary_dim=16, n_kv_heads=4).to_props() == plain.to_props()


def test_a_copy_with_other_numbers_lets_follow_what_was_not_said_and_keeps_what_was():
    plain = replace(METADATA, position_scheme="rope", position_parameters=ROPE | {"n_heads": 4})
    assert replace(plain, d_model=128).head_dim == 32
    changed = replace(plain, head_dim=32, n_kv_heads=2)
    assert (changed.rotary_dim, replace(changed, d_model=256).head_dim, replace(changed, name="other").n_kv_heads) == (
        32,
        32,
        2,
    )
    assert ModelMetadata.from_props(changed.to_props()) == changed
    assert changed.to_props().keys() - plain.to_props().keys() == {"embedcore.head_dim", "embedcore.n_kv_heads"}


def test_a_layer_whose_scheme_is_of_another_width_than_its_heads_is_refused():
    with pytest.raises(ShapeError, match="rotary_cos is 10 wide, but head_dim is 8: they must be equal"):
        layer_of("rope", ROPE, head_dim=8)
    with pytest.raises(ShapeError, match="rotary_cos of all heads together is 50 wide, but the token table is 24 wide"):
        layer_of("rope", ROPE, head_dim=None)
    with pytest.raises(ShapeError, match="head_dim is 0, but must be"):
        layer_of("rope", ROPE, head_dim=0)
