"""The contract's own functions: metadata there and back, the axes, the weights' digest."""

import hashlib
import json
from dataclasses import fields, replace

import numpy as np
import pytest

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.schemes.outputs import output_axes

METADATA = ModelMetadata(
    name="a name",
    tokenizer="gpt2",
    position_scheme="sinusoidal",
    position_parameters={"base": 10_000.0},
    n_vocab=50_257,
    d_model=64,
    context_length=256,
    weights_dtype="float16",
    weights_sha256="0" * 64,
    source="a test — with a dash",
    exporter_versions="torch 2.13.0",
    provenance={"loss": 3.25, "seed": 0, "nested": {"list": [1, None]}},
)


def test_metadata_comes_back_as_it_went():
    assert ModelMetadata.from_props(METADATA.to_props()) == METADATA


def test_metadata_is_text_under_our_prefix_in_one_order():
    props = METADATA.to_props()
    said = [f"embedcore.{field.name}" for field in fields(ModelMetadata)]
    assert said[-3:] == ["embedcore.head_dim", "embedcore.rotary_dim", "embedcore.n_kv_heads"]
    assert list(props) == said[:-3]  # a size of the heads stands there only where it is not the default
    whole = replace(
        METADATA, position_parameters={"n_heads": 4, "rotary_dim": 8}, head_dim=32, n_kv_heads=2, rotary_dim=4
    )
    assert list(whole.to_props()) == said
    assert all(isinstance(value, str) for value in props.values())
    assert json.loads(props["embedcore.provenance"])["loss"] == 3.25
    swapped = replace(METADATA, provenance=dict(reversed(METADATA.provenance.items())))
    assert swapped.to_props() == props


@pytest.mark.parametrize("key", list(METADATA.to_props()))
def test_each_missing_key_is_named(key):
    props = METADATA.to_props()
    del props[key]
    with pytest.raises(ModelFileError, match=key):
        ModelMetadata.from_props(props)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("n_vocab", "0", ["0", "1 or more"]),
        ("d_model", "-64", ["-64", "1 or more"]),
        ("context_length", "many", ["many"]),
        ("contract_version", "2", ["2", "1"]),
        ("provenance", "[1]", ["[1]", "object"]),
        ("position_parameters", "{", ["{"]),
    ],
)
def test_values_that_cannot_be_are_refused(field, text, words):
    with pytest.raises(ModelFileError) as caught:
        ModelMetadata.from_props(METADATA.to_props() | {f"embedcore.{field}": text})
    assert all(word in str(caught.value) for word in words)


def test_foreign_keys_are_left_alone():
    assert ModelMetadata.from_props(METADATA.to_props() | {"author": "x"}) == METADATA


@pytest.mark.parametrize(
    ("scheme", "extra"),
    [
        ("none", {}),
        ("learned", {"position_embeddings": ("sequence", 64)}),
        ("sinusoidal", {"position_embeddings": ("sequence", 64)}),
    ],
)
def test_output_axes_have_their_sizes(scheme, extra):
    rows = ("batch", "sequence", 64)
    expected = {"token_embeddings": rows, "input_embeddings": rows, **extra}
    assert output_axes(replace(METADATA, position_scheme=scheme)) == expected


def test_the_digest_is_the_sha256_of_names_dtypes_shapes_and_bytes():
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float16)
    by_hand = hashlib.sha256(b"a float32 (2, 3)\n" + a.tobytes() + b"b float16 (2,)\n" + b.tobytes()).hexdigest()
    assert contract.weights_digest({"b": b, "a": a}) == contract.weights_digest({"a": a, "b": b}) == by_hand


@pytest.mark.parametrize(
    "changed",
    [
        {"a": np.array([[1, 2]], np.float32)},
        {"b": np.array([1, 2], np.float32)},
        {"a": np.array([1, 2], np.float16)},
        {"a": np.array([1, np.nextafter(np.float32(2), np.float32(3))], np.float32)},
        {"a": np.array([2, 1], np.float32)},
        {},
    ],
)
def test_the_digest_sees_every_change(changed):
    assert contract.weights_digest(changed) != contract.weights_digest({"a": np.array([1, 2], np.float32)})


def test_the_digest_is_the_same_for_any_memory_order():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    for other in (np.asfortranarray(array), array.astype(">f4"), np.repeat(array, 2, axis=0)[::2]):
        assert contract.weights_digest({"a": other}) == contract.weights_digest({"a": array})
