"""The header of a GGUF file: its keys and where its tensors lie, read strictly, for a file may say anything.

Magic, version, counts, then the keys (each a name, a type and a value), then one entry a tensor (name, sizes, type,
offset), then the tensors themselves, each at a multiple of the alignment.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from embedcore.values import ByContent
from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_BYTES: Final = 128_000_000  # of a header; the largest today has 30 MB, of a vocabulary of 262,144 tokens
_MOST_ITEMS: Final = 4_000_000  # values in all lists of a header together
_MOST_ENTRIES: Final = 65_536  # keys, and tensors: the largest models have some thousands
_LONGEST_NAME: Final = 512  # bytes of a key or of a tensor's name
_DEEPEST: Final = 3  # lists inside one another
_MOST_AXES: Final = 4
_LARGEST_ALIGNMENT: Final = 65_536
_TEXT, _LIST, _TRUTH = 8, 9, 7
_LENGTH: Final = struct.Struct("<Q")
# The types of numbers, by the letters that struct and numpy have for them.
_NUMBERS: Final[Mapping[int, str]] = dict(zip((0, 1, 2, 3, 4, 5, 6, _TRUTH, 10, 11, 12), "BbHhIifBQqd", strict=True))


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """Where a tensor lies: its ggml type, its shape with the longest stride first, its first byte and its size.

    `kind` is None where the type's number is none that is known; `n_bytes` is then 0.
    """

    name: str
    dtype: str
    kind: GGMLQuantizationType | None
    shape: tuple[int, ...]
    start: int
    n_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class GgufHeader(ByContent):
    """What a GGUF file says of itself: its version, its keys in their order, and its tensors by name."""

    version: int
    keys: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]


def read_gguf_header(file: MappedFile) -> GgufHeader:
    """Return the header of `file`, every number of it checked against the file's size and against the others.

    Raises ModelFileError where it is no GGUF file of version 2 or 3, ends too early, names a key or a tensor twice,
    or says sizes, types or places that cannot be.
    """
    if file.content(0, 4) != _MAGIC:
        raise broken(file.name, "it does not begin as a GGUF file", "give the path of a .gguf file")
    cursor = _Cursor(file)
    version = cursor.number("I")
    if version not in _VERSIONS:
        if int.from_bytes(int(version).to_bytes(4, "little"), "big") in _VERSIONS:
            raise broken(file.name, "its numbers are big-endian", "convert it with gguf-convert-endian")
        remedy = "convert the model again with a current llama.cpp"
        raise broken(file.name, f"it is of GGUF version {version:,}, and 2 and 3 are read", remedy)
    n_tensors, n_keys = cursor.count("tensors", 24), cursor.count("keys", 13)
    keys: dict[str, Any] = {}
    for _ in range(n_keys):
        name = cursor.name("key")
        if name in keys:
            raise broken(file.name, f"it names the key {shortened(name)!r} twice")
        keys[name] = cursor.value(cursor.number("I"))
    entries = [_entry(cursor) for _ in range(n_tensors)]
    alignment = _alignment(file.name, keys)
    start = -(-cursor.at // alignment) * alignment
    tensors = {}
    for entry in entries:
        if entry.start % alignment:
            fault = f"tensor {shortened(entry.name)!r} begins at {entry.start:,}, no multiple of {alignment}"
            raise broken(file.name, fault)
        if entry.name in tensors:
            raise broken(file.name, f"it names the tensor {shortened(entry.name)!r} twice")
        tensors[entry.name] = GgufTensor(
            entry.name, entry.dtype, entry.kind, entry.shape, start + entry.start, entry.n_bytes
        )
    _check_places(file, tensors)
    return GgufHeader(version, keys, tensors)


class _Cursor:
    """Reads a header from its fifth byte on, and never past the file's end or past the most that a header may have."""

    def __init__(self, file: MappedFile) -> None:
        self.file, self.at = file, 4
        self._n_items = 0

    def take(self, size: int, what: str) -> bytes:
        end = self.at + size
        if end > self.file.n_bytes:
            fault = f"{what} ends at byte {end:,}, and the file has {self.file.n_bytes:,}"
            raise broken(self.file.name, fault)
        if end > _MOST_BYTES:
            fault = f"its header has more than {_MOST_BYTES:,} bytes"
            raise broken(self.file.name, fault, "fetch or convert it again: no model needs so many")
        content = self.file.content(self.at, end)
        self.at = end
        return content

    def number(self, code: str) -> Any:
        return struct.unpack(f"<{code}", self.take(struct.calcsize(f"<{code}"), "a number of its header"))[0]

    def count(self, what: str, least: int) -> int:
        """Return how many keys or tensors follow, each of which takes `least` bytes or more."""
        count = int(self.number("Q"))
        if count > _MOST_ENTRIES or count * least > self.file.n_bytes:
            fault = f"it says that it has {count:,} {what}, in {self.file.n_bytes:,} bytes; {_MOST_ENTRIES:,} are read"
            raise broken(self.file.name, fault)
        return count

    def name(self, what: str) -> str:
        content = self.text(f"the name of a {what}", _LONGEST_NAME)
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise broken(self.file.name, f"the name of a {what}, {shortened(content)}, is no UTF-8") from error

    def text(self, what: str, most: int = _MOST_BYTES) -> bytes:
        size = int(self.number("Q"))
        if size > most:
            raise broken(self.file.name, f"{what} has {size:,} bytes, and {most:,} are read")
        return self.take(size, what)

    def value(self, kind: int, depth: int = 0) -> Any:
        """Return a value: a number, truth, text or list. Bytes of a text that are no UTF-8 become lone surrogates."""
        if kind == _TEXT:
            return self.text("a text of its header").decode(errors="surrogateescape")
        if kind == _LIST:
            return self._list(depth + 1)
        if kind not in _NUMBERS:
            raise broken(self.file.name, f"a key has a value of the type {kind:,}, and the types end with 12")
        number = self.number(_NUMBERS[kind])
        return self._truth(number) if kind == _TRUTH else number

    def _list(self, depth: int) -> list[Any]:
        kind, size = int(self.number("I")), int(self.number("Q"))
        self._n_items += size
        if depth > _DEEPEST or self._n_items > _MOST_ITEMS:
            fault = f"its lists hold {self._n_items:,} values, {depth} deep; {_MOST_ITEMS:,} are read, {_DEEPEST} deep"
            raise broken(self.file.name, fault)
        if kind == _TEXT:
            return self._texts(size)
        if kind not in _NUMBERS:
            return [self.value(kind, depth) for _ in range(size)]
        dtype = np.dtype(f"<{_NUMBERS[kind]}")
        numbers = np.frombuffer(self.take(size * dtype.itemsize, "a list of its header"), dtype)
        return [self._truth(number) for number in numbers.tolist()] if kind == _TRUTH else numbers.tolist()

    def _texts(self, count: int) -> list[str]:
        """Return `count` texts one after the other: what `text` does, for lists of half a million tokens."""
        pages, at, end = self.file.pages(), self.at, min(self.file.n_bytes, _MOST_BYTES)
        texts = []
        for _ in range(count):
            start = at + 8
            after = start + (_LENGTH.unpack_from(pages, at)[0] if start <= end else end)
            if after > end:
                self.take(after - self.at, "a text of its header")
            texts.append(pages[start:after].decode(errors="surrogateescape"))
            at = after
        self.at = at
        return texts

    def _truth(self, number: int) -> bool:
        if number > 1:
            raise broken(self.file.name, f"a value that is true or false is {number}, and not 0 or 1")
        return bool(number)


def _entry(cursor: _Cursor) -> GgufTensor:
    """Return what the header says of one tensor; `start` is counted from the first tensor's first byte."""
    file = cursor.file.name
    name = cursor.name("tensor")
    n_axes = cursor.number("I")
    if n_axes > _MOST_AXES:
        raise broken(file, f"tensor {shortened(name)!r} has {n_axes:,} axes, and {_MOST_AXES} are the most")
    shape = tuple(int(cursor.number("Q")) for _ in range(n_axes))[::-1]
    number, start = cursor.number("I"), int(cursor.number("Q"))
    kind = next((kind for kind in GGML_QUANT_SIZES if kind == number), None)
    if kind is None:
        return GgufTensor(name, f"ggml type {number}", None, shape, start, 0)
    n_numbers = 1
    for size in shape:
        n_numbers *= size
    block, n_block_bytes = GGML_QUANT_SIZES[kind]
    if n_numbers == 0 or n_numbers >= 2**62 or (shape[-1] if shape else 1) % block:
        sizes = "×".join(map(str, shape)) or "1"
        fault = f"tensor {shortened(name)!r} is {sizes}, and {kind.name} stores rows of blocks of {block}"
        raise broken(file, fault)
    return GgufTensor(name, kind.name, kind, shape, start, n_numbers // block * n_block_bytes)


def _alignment(file: str, keys: Mapping[str, Any]) -> int:
    alignment = keys.get("general.alignment", 32)
    if type(alignment) is not int or not 1 <= alignment <= _LARGEST_ALIGNMENT or alignment & (alignment - 1):
        fault = f"its alignment is {shortened(alignment)}, no power of two up to {_LARGEST_ALIGNMENT:,}"
        raise broken(file, fault)
    return alignment


def _check_places(file: MappedFile, tensors: Mapping[str, GgufTensor]) -> None:
    """Raise ModelFileError where a tensor ends behind the file's end, or two share a byte."""
    before: GgufTensor | None = None
    for tensor in sorted(tensors.values(), key=lambda tensor: (tensor.start, tensor.n_bytes)):
        end = tensor.start + tensor.n_bytes
        if end > file.n_bytes:
            fault = f"tensor {shortened(tensor.name)!r} ends at byte {end:,}, and the file has {file.n_bytes:,}"
            raise broken(file.name, fault)
        if before and tensor.start < before.start + before.n_bytes:
            fault = f"the tensors {shortened(before.name)!r} and {shortened(tensor.name)!r} share bytes"
            raise broken(file.name, fault)
        before = tensor
