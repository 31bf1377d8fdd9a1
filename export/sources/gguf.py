"""A GGUF file: the weights and the vocabulary of a model in one file, as llama.cpp stores them, mostly in blocks."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quant_shape_to_byte_shape

from export.sources.broken import broken, shortened
from export.sources.gguf_header import GgufHeader, GgufTensor, read_gguf_header
from export.sources.mapped import MappedFile, map_file
from export.sources.source import Blocks, Source, TensorInfo

_AS_STORED: Final = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
_Q8_0: Final = np.dtype([("scale", "<f2"), ("values", "i1", (32,))])
_TOKENIZER: Final = "tokenizer.huggingface.json"
_PART: Final = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")
_MOST_PARTS: Final = 1_000


def open_gguf(path: Path) -> Source:
    """Return the model in a GGUF file, or in all parts of one that was split, opened by its first part.

    Raises ModelFileError if the file or a part of it is missing, no GGUF of version 2 or 3, or damaged.
    """
    first = map_file(path)
    header = read_gguf_header(first)
    parts = [(first, header)]
    for other in _other_paths(path, header):
        file = map_file(other)
        parts.append((file, read_gguf_header(file)))
    return GgufSource(path.name, parts)


class GgufSource:
    """A `Source` over the parts of a GGUF model; its names are GGUF's own, `token_embd.weight` for the token table."""

    words: Sequence[str] | None = None

    def __init__(self, name: str, parts: Sequence[tuple[MappedFile, GgufHeader]]) -> None:
        """Take the parts in order. Raises ModelFileError if two parts have a tensor of one name."""
        self._name = name
        self._files = [file for file, _ in parts]
        self._places: dict[str, tuple[MappedFile, GgufTensor]] = {}
        for file, header in parts:
            twice = next((each for each in header.tensors if each in self._places), None)
            if twice is not None:
                raise broken(file.name, f"an earlier part has a tensor {shortened(twice)!r} too")
            self._places |= {name: (file, tensor) for name, tensor in header.tensors.items()}
        keys = parts[0][1].keys
        self.label = f"{name}, GGUF {parts[0][1].version}"
        self.config: Mapping[str, Any] = {"gguf": keys}
        self.tensors: Mapping[str, TensorInfo] = {
            name: TensorInfo(name, tensor.dtype, tensor.shape) for name, (_, tensor) in self._places.items()
        }
        given = keys.get(_TOKENIZER)
        self.tokenizer_json = given.encode(errors="surrogateescape") if isinstance(given, str) else None

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor or some of its rows: F16, F32 and whole numbers as stored, every other type as float32."""
        file, tensor = self._place(name)
        if tensor.dtype in _AS_STORED:
            values = file.array(np.dtype(_AS_STORED[tensor.dtype]), tensor.start, tensor.shape)
            return values if rows is None else values[rows]
        if tensor.kind is None or not tensor.shape:
            raise self._unreadable(tensor)
        stored = file.array(np.dtype(np.uint8), tensor.start, quant_shape_to_byte_shape(tensor.shape, tensor.kind))
        try:
            with np.errstate(all="ignore"):  # a damaged scale gives inf or nan, which whoever looks at the rows sees
                return _dequantized(stored if rows is None else stored[rows], tensor)
        except NotImplementedError as error:
            raise self._unreadable(tensor) from error

    def read_blocks(self, name: str) -> Blocks | None:
        """Return a Q8_0 tensor of two axes as its blocks, which are the file's own pages; None for every other."""
        file, tensor = self._place(name)
        if tensor.kind is not GGMLQuantizationType.Q8_0 or len(tensor.shape) != 2:
            return None
        n_rows, width = tensor.shape
        stored = file.array(_Q8_0, tensor.start, (n_rows, width // 32))
        return Blocks(values=stored["values"], scales=stored["scale"])

    def beside(self, name: str) -> bytes | None:
        """Return None: a GGUF file has all that it needs inside."""
        del name
        return None

    def close(self) -> None:
        """Let the files go."""
        for file in self._files:
            file.close()

    def _place(self, name: str) -> tuple[MappedFile, GgufTensor]:
        if name not in self._places:
            some = ", ".join(map(shortened, list(self._places)[:5]))
            raise broken(self._name, f"there is no tensor {shortened(name)!r} in it", f"choose one of {some} …")
        return self._places[name]

    def _unreadable(self, tensor: GgufTensor) -> Exception:
        fault = f"tensor {shortened(tensor.name)!r} is stored as {tensor.dtype}, which cannot be read"
        return broken(self._name, fault, "take a file of the model in another type, Q8_0 or F16 say")


def _dequantized(stored: np.ndarray, tensor: GgufTensor) -> np.ndarray:
    """Return rows of bytes as float32, as wide as the tensor says; there may be none."""
    if not stored.size or tensor.kind is None:
        return np.zeros((*stored.shape[:-1], tensor.shape[-1]), np.float32)
    return dequantize(np.ascontiguousarray(stored), tensor.kind)


def _other_paths(path: Path, header: GgufHeader) -> list[Path]:
    """Return the paths of the parts after the first. Raises ModelFileError if `path` is another part than the first."""
    count = header.keys.get("split.count", 1)
    if type(count) is not int or not 0 <= count <= _MOST_PARTS:
        raise broken(path.name, f"it is one of {shortened(count)} parts, and at most {_MOST_PARTS:,} are read")
    if count <= 1:
        return []
    named = _PART.fullmatch(path.name)
    if named is None or int(named["count"]) != count or int(named["number"]) != 1:
        fault = f"it is a part of a model of {count} files"
        remedy = f"open the first by its own name, NAME-00001-of-{count:05}.gguf, with the others beside it"
        raise broken(path.name, fault, remedy)
    return [path.with_name(f"{named['stem']}-{number:05}-of-{count:05}.gguf") for number in range(2, count + 1)]
