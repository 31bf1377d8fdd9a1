"""Source: the named tensors of a checkpoint and what it says of itself, whatever its format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float16, Int8

from embedcore.values import ByContent

TABLE: Final = "table"  # the tensor of a source that is a table and nothing else


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

    A class may have plain attributes or properties: they are only read. An array that was read stays valid after
    `close`, and may be read-only, for it may be the file's own pages.
    """

    @property
    def label(self) -> str:
        """What it is, in a few words, without a path: "SmolLM2-135M-Instruct.gguf, GGUF 3"."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The keys of config.json, or a GGUF file's metadata as {"gguf": {...}}; empty where there is none."""
        ...

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """Name → what its header says. A bare table has the one tensor `TABLE`."""
        ...

    @property
    def tokenizer_json(self) -> bytes | None:
        """The tokenizer.json beside or inside, as bytes that nobody looked at; None where there is none."""
        ...

    @property
    def words(self) -> Sequence[str] | None:
        """The word of each row, where a bare table has words, each once; None for everything else."""
        ...

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor, or those of its rows: float16, float32 or float64 as stored, what is narrower widened.

        bfloat16, 8-bit floats and blocks become float32 exactly; whole numbers and truth values keep their type.
        Raises ModelFileError where there is no tensor of this name or it cannot be read.
        """
        ...

    def read_blocks(self, name: str) -> Blocks | None:
        """Return a table that is stored as Q8_0 as its blocks; None where it is stored in another way."""
        ...

    def beside(self, name: str) -> bytes | None:
        """Return a small file beside the weights, "tokenizer.model" or "vocab.txt" say; None if there is none.

        Raises ModelFileError if it is larger than 128 MB, or a link to a place outside of the checkpoint.
        """
        ...

    def close(self) -> None:
        """Let the files go."""
        ...
