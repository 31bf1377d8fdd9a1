"""The contract's own functions: metadata there and back, the axes, the weights' digest."""

import ast
import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.schemes.outputs import output_axes

ROOT = Path(__file__).parents[1]
MODULES = [
    path
    for folder in ("embedcore", "export")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != ROOT / "embedcore" / "contract.py"
]
FIELDS = {field.name for field in fields(ModelMetadata)}
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
    sizes = ["stored_width", "n_heads", "head_dim", "rotary_dim", "n_kv_heads"]
    later = ["license", "tokenizer_json", "input_steps", "query_steps", "key_steps", "attention"]
    assert said[-11:] == [f"embedcore.{name}" for name in sizes + later]
    assert list(props) == said[:-11]  # a size stands there only where it is not the default
    whole = replace(
        METADATA,
        position_parameters={"n_heads": 8, "rotary_dim": 8},
        stored_width=48,
        n_heads=4,
        head_dim=32,
        n_kv_heads=2,
        rotary_dim=4,
        license="MIT",
        tokenizer_json="x",
        **dict.fromkeys(("input_steps", "query_steps", "key_steps"), ({"kind": "positions"},)),
        attention={"is_causal": True},
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
        ("contract_version", "3", ["3", "1 to 2"]),
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


def test_the_names_of_weights_are_those_of_the_torch_module():
    norm = torch.nn.LayerNorm(4)
    position = Learned(torch.zeros(3, 4))
    layer = InputLayer(torch.zeros(6, 4), position, context_length=3, token_type=torch.zeros(4), layer_norm=norm)
    assert set(layer.state_dict()) == {
        contract.TABLE,
        contract.POSITION_TABLE,
        contract.TOKEN_TYPE,
        contract.LAYER_NORM_WEIGHT,
        contract.LAYER_NORM_BIAS,
    }
    assert {name for name in layer.state_dict() if name.startswith(contract.POSITION_PREFIX)} == {
        contract.POSITION_TABLE
    }


def spelled(path):
    """Return the texts of a module, without the docstrings: every constant, and every part of one that is put together."""
    tree = ast.parse(path.read_text())
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone}
    return {text for text in texts if isinstance(text, str)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_spells_a_name_of_the_contract(path):
    """`table` is a word of other things too, a graph's input for one: it is looked for where files are read or written."""
    names = {
        contract.POSITION_PREFIX,
        contract.POSITION_TABLE,
        contract.TOKEN_TYPE,
        contract.LAYER_NORM_WEIGHT,
        contract.LAYER_NORM_BIAS,
        contract.LAYER_NORM_EPSILON,
        contract.EMBEDDING_SCALE,
        contract.TRAINED_TOKEN_IDS,
        contract.TOKEN_EMBEDDINGS,
        contract.INPUT_EMBEDDINGS,
    }
    if {"families", "sources"} & set(
        path.parts
    ):  # there they are keys of config.json, and names that a row gives to its weights
        names = {contract.INPUT_EMBEDDINGS, contract.TRAINED_TOKEN_IDS}
    reads_files = "model" in path.parts or path.parent == ROOT / "export"
    names |= {contract.TABLE} if reads_files else set()
    texts = spelled(path)
    assert not names & texts
    assert not [text for text in texts if text.startswith(contract.METADATA_PREFIX) and text[10:] in FIELDS]


def test_the_manual_names_what_the_contract_names():
    page = (ROOT / "docs" / "contract.md").read_text()
    names = {value for name, value in vars(contract).items() if name.isupper() and isinstance(value, str)}
    others = {
        contract.METADATA_PREFIX,
        contract.POSITION_PREFIX,
        contract.DISTANCES,
        contract.SEED,
        contract.TRAINED_TOKEN_IDS,
    }
    assert {contract.LAYER_NORM_EPSILON, contract.POSITION_TABLE, contract.ROTARY_SIN} <= names - others
    assert [name for name in sorted(names - others) if f"`{name}`" not in page] == []


def test_what_a_module_spells_is_seen(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""layer_norm_epsilon"""\nx = {"position.table": f"embedcore.{y}"}["a"]')
    assert spelled(path) == {"position.table", "embedcore.", "a"}


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
