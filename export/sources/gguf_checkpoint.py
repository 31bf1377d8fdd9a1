"""A GGUF file as the checkpoint that it was made from: Hugging Face's names, config.json and tokenizer.json."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError
from export.sources.gguf_changes import undone
from export.sources.gguf_config import hugging_face_config
from export.sources.gguf_names import ARCHITECTURES, Architecture, Change
from export.sources.gguf_tokenizer import gguf_tokenizer_json
from export.sources.source import Blocks, Source, TensorInfo

_BLOCK: Final = re.compile(r"(?:enc\.)?blk\.(\d+)\.(.+)")
_PARTS: Final = (".weight", ".bias")


def gguf_as_checkpoint(source: Source) -> Source:
    """Return a GGUF source by the names and the config that its model has at Hugging Face, read as lazily.

    What a converter did to a tensor is undone when it is read. An architecture that is unknown here keeps GGUF's names,
    and its config has GGUF's name as its model type.
    Raises ModelFileError where its keys are of wrong types, or the file says no architecture.
    """
    keys = source.config["gguf"]
    name = keys.get("general.architecture")
    if not isinstance(name, str):
        msg = f"{source.label} has no key general.architecture: convert the model again"
        raise ModelFileError(msg)
    return GgufCheckpoint(source, keys, name)


class GgufCheckpoint:
    """A `Source` over another one, with names and values as before the conversion."""

    words: Sequence[str] | None = None

    def __init__(self, source: Source, keys: Mapping[str, Any], architecture: str) -> None:
        """Translate the names of `source`, whose keys are `keys`."""
        self._source = source
        known = ARCHITECTURES.get(architecture)
        self.label = source.label
        self.config: Mapping[str, Any] = {
            **hugging_face_config(keys, known.model_type if known else architecture, self._factors),
            "tie_word_embeddings": "output.weight" not in source.tensors,
        }
        self._stored: dict[str, tuple[str, Change | None, bool]] = {}
        tensors = {}
        for stored, info in source.tensors.items():
            name, change, is_key = _translated(stored, known)
            self._stored[name] = stored, change, is_key
            shape = info.shape[::-1] if change == "transposed" else info.shape
            tensors[name] = replace(info, name=name, shape=shape)
        self.tensors: Mapping[str, TensorInfo] = tensors

    @property
    def tokenizer_json(self) -> bytes | None:
        """The tokenizer.json of the file's vocabulary, made when it is wanted; None where it has none.

        Raises ModelFileError where its vocabulary is of a kind that is unknown here.
        """
        given = self._source.tokenizer_json
        if given is not None or "tokenizer.ggml.tokens" not in self._source.config["gguf"]:
            return given
        return gguf_tokenizer_json(self._source)

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor or some of its rows; see `Source`."""
        stored, change, is_key = self._stored.get(name, (name, None, False))
        if change is None:
            return self._source.read(stored, rows)
        n_heads, n_kv_heads = self.config.get("num_attention_heads", 1), self.config.get("num_key_value_heads", 1)
        values = undone(self._source.read(stored), change, n_heads=n_heads, n_kv_heads=n_kv_heads, is_key=is_key)
        return values if rows is None else values[rows]

    def read_blocks(self, name: str) -> Blocks | None:
        """Return a table's blocks where it is stored as Q8_0 and nothing was done to it."""
        stored, change, _ = self._stored.get(name, (name, None, False))
        return None if change is not None else self._source.read_blocks(stored)

    def beside(self, name: str) -> bytes | None:
        """Return None, as the file itself."""
        return self._source.beside(name)

    def close(self) -> None:
        """Let the file go."""
        self._source.close()

    def _factors(self, stem: str) -> np.ndarray | None:
        name = f"{stem}.weight"
        return self._source.read(name).astype(np.float32) if name in self._source.tensors else None


def _translated(stored: str, known: Architecture | None) -> tuple[str, Change | None, bool]:
    """Return the name of a tensor, what was done to it, and whether it is of keys."""
    part = next((part for part in _PARTS if stored.endswith(part)), None)
    if known is None or part is None:
        return stored, None, False
    stem = stored.removesuffix(part)
    in_block = _BLOCK.fullmatch(stem)
    if in_block:
        number, stem = in_block.groups()
        name = known.names.block.get(stem)
        name = None if name is None else name.format(number)
    else:
        name = known.names.outer.get(stem)
    if name is None:
        return stored, None, False
    change = known.changes.get(stem)
    if change == "plus one" and part != ".weight":
        change = None  # a bias stays as it is
    return name + part, change, stem == "attn_k"
