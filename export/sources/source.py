"""Source: the named tensors of a checkpoint and what it says of itself, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float16, Int8

from embedcore.values import ByContent


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of a source: its name, its type in the source's own words ("F16", "BF16", "Q8_0"), and its shape.

    The shape is that of numpy, the longest stride first: a table is (n_vocab, width), in a GGUF file too.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks(ByContent):
    """A table of whole numbers in blocks of 32, each with one scale; a number is `values` · float32(`scales`).

    This is GGUF's Q8_0: d_model = n_blocks · 32.
    """

    values: Int8[np.ndarray, "n_rows n_blocks 32"]
    scales: Float16[np.ndarray, "n_rows n_blocks"]


@runtime_checkable
class Source(Protocol):
    """A checkpoint whose headers were read and checked; tensors are read when they are asked for.

    `label` says in a few words what it is ("SmolLM2-135M-Instruct.gguf, GGUF 3"), without a path. `config` holds the
    keys of config.json, or a GGUF file's metadata under `gguf`: {"gguf": {...}}; empty where there is none.
    `tokenizer_json` is the text of the tokenizer.json beside or inside, as bytes; None where there is none.
    """

    label: str
    config: Mapping[str, Any]
    tensors: Mapping[str, TensorInfo]
    tokenizer_json: bytes | None

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor, or those of its rows: float32 or float16 as stored, bfloat16 and blocks widened exactly.

        Whole numbers keep their type. Raises ModelFileError where there is no tensor of this name or it cannot be read.
        """
        ...

    def read_blocks(self, name: str) -> Blocks | None:
        """Return a table that is stored as Q8_0 as its blocks; None where it is stored in another way."""
        ...

    def close(self) -> None:
        """Let the files go."""
        ...
