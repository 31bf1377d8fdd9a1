"""Every committed case of transformers, exported by its family: the file gives what block 1 of the model gets."""

import json
import re
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

import embedcore
import export.layer.write
from embedcore import contract
from embedcore.errors import ModelFileError
from export.families.layer import Options, layer_of, text_model
from export.families.make_latent import LATENT_REMARK
from export.families.registry import absent, families
from export.layer.spec import LayerSpec
from export.layer.write import write_layer
from tests.families.array_source import ArraySource
from tests.families.committed import Case, case, names

# Cases that are also checked as `write_layer` checks a file for a reader: three ways, with torch. It takes seconds.
CHECKED_THREE_WAYS: Final = ("bloom", "deepseek_v3", "esm", "hrm_text", "m2m_100", "mobilebert", "roberta", "t5", "xlm")
# Steps that only look up, add or multiply once per number: the file's bits are those of transformers.
EXACT: Final = frozenset({"positions", "scale", "add", "replace"})
# Attention with ALiBi was not caught; of CPM-Ant, the queries of its prompt were.
UNSEEN: Final = ("falcon+many_heads", "cpmant")
# All but those whose tokens have no rows of a table; models of text and images are read by their text's family.
KNOWN: Final = [name for name in names() if case(name).model_type not in absent()]


def spec_of(one: Case, folder: Path) -> LayerSpec:
    """Return a case's layer, read as a checkpoint."""
    one.write(folder)
    config = json.loads((folder / "config.json").read_text())
    return layer_of(ArraySource(config, load_file(folder / "model.safetensors")))


@pytest.mark.parametrize("name", KNOWN)
def test_the_file_gives_what_block_1_gets(name, tmp_path, monkeypatch):
    one = case(name)
    spec = spec_of(one, tmp_path)
    if name not in CHECKED_THREE_WAYS:
        monkeypatch.setattr(export.layer.write, "require_parity", lambda _: None)
    path = tmp_path / "layer.onnx"
    write_layer(spec, path, name=name)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    given = dict(zip(outputs, session.run(outputs, {contract.TOKEN_IDS: one.token_ids}), strict=True))
    if one.token_embeddings is not None:
        np.testing.assert_array_equal(given[contract.TOKEN_EMBEDDINGS], one.token_embeddings)
    # Waves are computed in float32 by transformers, and rounded once in the file.
    if {step.kind for step in spec.steps} <= EXACT and spec.scheme != "sinusoidal":
        np.testing.assert_array_equal(given[contract.INPUT_EMBEDDINGS], one.input_embeddings)
    else:
        _assert_close(given[contract.INPUT_EMBEDDINGS], one.input_embeddings)
    if not spec.query_steps:
        assert one.queries is None or families()[text_model(one.config)[0]].why_no_heads
        return
    if name in UNSEEN:
        return
    turning = spec.parameters.get("rotary_dim", 0) if LATENT_REMARK in " ".join(spec.remarks) else 0
    if one.model_type == "nanochat":
        turning = spec.head_dim // 2  # its halves have changed places
    for output, expected in ((contract.QUERIES, one.queries), (contract.KEYS, one.keys)):
        assert expected is not None
        if output == contract.KEYS:
            expected = expected[:, :: expected.shape[1] // spec.n_kv_heads]  # Falcon hands each key out for each query
        _assert_close(given[output], np.roll(expected, turning, axis=-1))


def _assert_close(given: np.ndarray, expected: np.ndarray | None) -> None:
    assert expected is not None
    tolerance = contract.PROJECTION_TOLERANCE
    np.testing.assert_allclose(given, expected, rtol=tolerance, atol=tolerance * max(1.0, np.abs(expected).max()))


def test_a_file_of_a_family_opens_with_its_steps(tmp_path):
    one = case("falcon_h1")
    write_layer(spec_of(one, tmp_path), tmp_path / "layer.onnx", name="falcon_h1")
    model = embedcore.open_model(tmp_path / "layer.onnx", provider="cpu")
    assert [step["kind"] for step in model.metadata.input_steps] == ["scale"]
    assert [step["kind"] for step in model.metadata.key_steps] == ["rms_norm", "scale", "projection", "scale"]
    _assert_close(model.run(one.token_ids).extras["keys"], one.keys)


@pytest.mark.parametrize("model_type", sorted(absent()))
def test_a_type_without_a_family_says_why(model_type):
    assert model_type not in families()
    source = ArraySource({"model_type": model_type}, {"a.weight": np.zeros((5, 4), np.float32)})
    with pytest.raises(ModelFileError, match=re.escape(absent()[model_type]) + ".*--token-table"):
        layer_of(source)
    assert layer_of(source, Options(token_table="a.weight")).table.n_vocab == 5
