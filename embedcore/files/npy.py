"""A plain numpy array out of the bytes of an `.npy` file that may be anything.

`numpy.load` runs Python's own parser over the header, and makes room for what it says before it looks at how much there
is. Here the header is read as the text that numpy writes, and held to the bytes that follow it; nothing is unpickled.
Source: NEP 1, and numpy.lib.format.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

_MAGIC: Final = b"\x93NUMPY"
_SIZE_BYTES: Final = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}  # by version: how the header's length is stored
_LONGEST: Final = 10_000  # bytes of a header: numpy's own bound
_HEADER: Final = re.compile(
    rb" *\{ *'descr' *: *'([^']{1,9})' *, *'fortran_order' *: *(True|False) *,"
    rb" *'shape' *: *\(([0-9, ]*)\) *,? *\}[ \n]*"
)
_MOST_AXES: Final = 8
MOST_HEADER_BYTES: Final = 12 + _LONGEST


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What an `.npy` file says of its array: numpy's name of the type, the shape, and where the numbers begin."""

    dtype: str
    is_fortran: bool
    shape: tuple[int, ...]
    start: int


def plain_array(content: bytes, dtypes: Collection[type[np.generic]]) -> np.ndarray:
    """Return the array in `content`, read-only, of one of `dtypes` in little-endian order.

    Raises ValueError, saying why, if the bytes are no array, of another type, or more or fewer than its shape needs.
    """
    header = npy_header(content[:MOST_HEADER_BYTES])
    known = {np.dtype(kind).newbyteorder("<").str: np.dtype(kind).newbyteorder("<") for kind in dtypes}
    dtype = known.get(header.dtype)
    if dtype is None:
        msg = f"it holds {header.dtype!r}, not {' or '.join(np.dtype(kind).name for kind in dtypes)}"
        raise ValueError(msg)
    check_size(header, dtype.itemsize, len(content) - header.start)
    array = np.frombuffer(content, dtype, offset=header.start)
    return array.reshape(header.shape, order="F" if header.is_fortran else "C")


def check_size(header: NpyHeader, item_bytes: int, n_left: int) -> None:
    """Raise ValueError if an array of this header does not fill the `n_left` bytes behind it."""
    if len(header.shape) > _MOST_AXES or item_bytes * math.prod(header.shape) != n_left:
        shape = str(list(header.shape))[:60]
        msg = f"its shape {shape} of {header.dtype} needs other than the {n_left:,} bytes that it has"
        raise ValueError(msg)


def npy_header(content: bytes) -> NpyHeader:
    """Return the header that `content` begins with; its first `MOST_HEADER_BYTES` are enough.

    Raises ValueError if they are none that numpy writes.
    """
    width = _SIZE_BYTES.get(content[6:8], 0) if content.startswith(_MAGIC) else 0
    start = 8 + width
    end = start + int.from_bytes(content[8:start], "little")
    header = _HEADER.fullmatch(content[start:end]) if width and end - start <= _LONGEST else None
    sizes = [size.strip() for size in header[3].split(b",")] if header else []
    if sizes and sizes[-1] == b"":  # the comma after the last one, or no size at all
        sizes.pop()
    if header is None or not all(size.isdigit() and len(size) <= 18 for size in sizes):
        msg = f"it begins with {content[:8]!r}, and no header that numpy writes follows"
        raise ValueError(msg)
    return NpyHeader(header[1].decode("latin-1"), header[2] == b"True", tuple(map(int, sizes)), end)
