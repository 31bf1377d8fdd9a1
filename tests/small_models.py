"""Model files of any vocabulary, made in no time: the learned layer's shell with seeded tables in it."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from embedcore import contract
from embedcore.cache import write_atomically
from embedcore.contract import ModelMetadata
from embedcore.model.file import weights
from embedcore.model.untrained import SHELL
from embedcore.tokens.packed import packed
from embedcore.tokens.tokenizer import get_tokenizer

CONTEXT_LENGTH = 64


def small_table(tokenizer: str, *, seed: int, d_model: int = 8, n_vocab: int | None = None) -> np.ndarray:
    n_rows = get_tokenizer(tokenizer).n_vocab if n_vocab is None else n_vocab
    return np.random.default_rng(seed).normal(size=(n_rows, d_model)).astype(np.float32)


def write_small_model(
    path: Path,
    *,
    tokenizer: str = "toy",
    tokenizer_json: bytes | None = None,
    seed: int = 0,
    d_model: int = 8,
    n_vocab: int | None = None,
) -> Path:
    """Write a model file with the table `small_table` and other positions for every seed; the same seed, the same bytes."""
    table = small_table(tokenizer, seed=seed, d_model=d_model, n_vocab=n_vocab)
    places = np.random.default_rng([seed, 1]).normal(size=(CONTEXT_LENGTH, d_model)).astype(np.float32)
    proto = onnx.load(SHELL)
    for tensor in proto.graph.initializer:
        if tensor.name in ("table", "position.table"):
            values = table if tensor.name == "table" else places
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for value in proto.graph.output:
        value.type.tensor_type.shape.dim[-1].dim_value = d_model
    metadata = ModelMetadata(
        name=path.stem,
        tokenizer=tokenizer,
        position_scheme="learned",
        position_parameters={},
        n_vocab=len(table),
        d_model=d_model,
        context_length=CONTEXT_LENGTH,
        weights_dtype="float32",
        weights_sha256=contract.weights_digest(weights(proto)),
        source=f"seed {seed}",
        exporter_versions="numpy",
        provenance={"seed": seed},
        tokenizer_json="" if tokenizer_json is None else packed(tokenizer_json),
        input_steps=() if tokenizer_json is None else ({"kind": "positions"},),
    )
    onnx.helper.set_model_props(proto, metadata.to_props())
    write_atomically(path, proto.SerializeToString(deterministic=True))
    return path
