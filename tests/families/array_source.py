"""A source in memory: arrays by name and a config, as a checkpoint on disk would give them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from export.sources.source import Blocks, TensorInfo

NAMES = {"float32": "F32", "float16": "F16", "int64": "I64"}


class ArraySource:
    """Implements `export.sources.source.Source` over arrays."""

    def __init__(
        self, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray], tokenizer_json: bytes | None = None
    ) -> None:
        self.label = "arrays of a test"
        self.config = config
        self.arrays = arrays
        self.tensors = {
            name: TensorInfo(name, NAMES.get(values.dtype.name, values.dtype.name), values.shape)
            for name, values in arrays.items()
        }
        self.tokenizer_json = tokenizer_json
        self.words: Sequence[str] | None = None

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        return self.arrays[name] if rows is None else self.arrays[name][rows]

    def read_blocks(self, name: str) -> Blocks | None:
        return None

    def beside(self, name: str) -> bytes | None:
        return None

    def close(self) -> None:
        pass
