"""Arrays as numpy saves them: one in an .npy file, several in an .npz archive. Nothing in them is unpickled."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import mul
from typing import Final

import numpy as np

from embedcore.files.npy import MOST_HEADER_BYTES, NpyHeader, check_size, npy_header
from export.sources.broken import AGAIN, broken, shortened
from export.sources.mapped import MappedFile
from export.sources.number_types import NUMBER_TYPES
from export.sources.source import TABLE, TensorInfo
from export.sources.stored import StoredTensor, is_plausible
from export.sources.word_table import Words
from export.sources.zip_members import DEFLATED, Member, check_checksum, unpacked, zip_members

_NPY: Final = ".npy"
# numpy's name of a type → ours.
_TYPES: Final[Mapping[str, str]] = {
    number.given.str: name for name, number in NUMBER_TYPES.items() if number.given is not None and number.widen is None
} | {"|b1": "BOOL"}
_TEXTS: Final = re.compile(r"<U[1-9][0-9]*")
_CODE_POINT: Final = np.dtype("<u4")
_AS_NUMBERS: Final = "save it with numpy.save(path, array.astype('<f4'))"


def npy_table(file: MappedFile) -> dict[str, StoredTensor]:
    """Return the one array of an .npy file as "table". Raises ModelFileError if it is no table of numbers."""
    tensor = _tensor(file, TABLE, 0, file.n_bytes)
    return {TABLE: _checked_table(file, tensor)}


def npz_tensors(file: MappedFile) -> tuple[dict[str, StoredTensor], Sequence[str] | None, list[MappedFile]]:
    """Return the arrays of an .npz archive by their names, the words of its rows, and what holds the unpacked ones.

    An array alone is named "table". Beside it there may be a list of texts, one for each of its rows: its words.
    Raises ModelFileError if the archive is damaged, packs more than 20 times its size, or has no array of numbers.
    """
    members = {name.removesuffix(_NPY): member for name, member in zip_members(file).items() if name.endswith(_NPY)}
    _check_unpacked_size(file, members)
    numbers: dict[str, StoredTensor] = {}
    texts: list[tuple[MappedFile, NpyHeader, int, int]] = []
    held: list[MappedFile] = []
    for name, member in members.items():
        if member.method == DEFLATED:
            place, start = unpacked(file, member), 0
            held.append(place)
        else:
            place, start = file, member.start
            check_checksum(file, member)
        header = _header(place, name, start, start + member.n_bytes)
        if header.dtype in _TYPES:
            numbers[name] = _tensor(place, name, start, start + member.n_bytes)
        elif _TEXTS.fullmatch(header.dtype) and len(header.shape) == 1:
            texts.append((place, header, start, member.n_bytes))
    if not numbers:
        some = ", ".join(map(shortened, list(members)[:5])) or "nothing"
        raise broken(file.name, f"it holds no array of numbers, but {some}", _AS_NUMBERS)
    if len(numbers) > 1:
        return numbers, None, held
    [tensor] = numbers.values()
    tensor = _checked_table(file, _renamed(tensor, TABLE))
    words = next((_words(*text) for text in texts if text[1].shape[0] == tensor.info.shape[0]), None)
    return {TABLE: tensor}, words, held


def _check_unpacked_size(file: MappedFile, members: Mapping[str, Member]) -> None:
    most = 2**26 + 20 * file.n_bytes
    n_bytes = sum(member.n_bytes for member in members.values())
    if n_bytes > most:
        fault = f"it unpacks to {n_bytes:,} bytes, and {most:,} are the most for a file of its size"
        raise broken(file.name, fault, "save it with numpy.savez, which does not pack")


def _header(file: MappedFile, name: str, start: int, end: int) -> NpyHeader:
    try:
        return npy_header(file.content(start, min(end, start + MOST_HEADER_BYTES)))
    except ValueError as error:
        raise broken(file.name, f"array {shortened(name)!r}: {shortened(error, 200)}", AGAIN) from error


def _tensor(file: MappedFile, name: str, start: int, end: int) -> StoredTensor:
    header = _header(file, name, start, end)
    dtype = _TYPES.get(header.dtype)
    if dtype is None:
        words = "Python objects, pickled, which may have code in them" if header.dtype == "|O" else header.dtype
        fault = f"array {shortened(name)!r} holds {shortened(words)}, and no numbers in little-endian order"
        raise broken(file.name, fault, _AS_NUMBERS)
    n_bytes = NUMBER_TYPES[dtype].n_bits // 8
    try:
        check_size(header, n_bytes, end - start - header.start)
    except ValueError as error:
        raise broken(file.name, f"array {shortened(name)!r}: {shortened(error, 200)}", AGAIN) from error
    if not is_plausible(header.shape):
        raise broken(file.name, f"array {shortened(name)!r} has the shape {header.shape}, which no array has")
    strides = tuple(accumulate(header.shape[:-1], mul, initial=n_bytes)) if header.is_fortran and header.shape else None
    return StoredTensor(TensorInfo(name, dtype, header.shape), file, start + header.start, strides)


def _renamed(tensor: StoredTensor, name: str) -> StoredTensor:
    return StoredTensor(
        TensorInfo(name, tensor.info.dtype, tensor.info.shape), tensor.file, tensor.start, tensor.strides
    )


def _checked_table(file: MappedFile, tensor: StoredTensor) -> StoredTensor:
    if len(tensor.info.shape) != 2 or 0 in tensor.info.shape:
        fault = f"its array has the shape {tensor.info.shape}, and a table has rows and columns"
        raise broken(file.name, fault, "save a two-dimensional array, one row for each word or token")
    return tensor


def _words(file: MappedFile, header: NpyHeader, start: int, n_bytes: int) -> list[str]:
    """Return the texts of an array as the words of rows."""
    dtype = np.dtype(header.dtype)
    words = Words(file.name, "text")
    try:
        check_size(header, dtype.itemsize, n_bytes - header.start)
        codes = file.array(_CODE_POINT, start + header.start, (header.shape[0], dtype.itemsize // _CODE_POINT.itemsize))
        for number, code in enumerate(codes, start=1):  # by their codes: numpy makes texts of codes that no text has
            words.add("".join(map(chr, code)).rstrip("\0").encode(), number)
    except (ValueError, OverflowError) as error:  # sizes, and code points that Unicode does not have
        raise broken(file.name, f"its array of texts is damaged ({shortened(error, 200)})") from error
    return words.texts()
