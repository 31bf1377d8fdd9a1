"""A plain numpy array out of the bytes of an `.npy` file that may be anything.

`numpy.load` runs Python's own parser over the header, and makes room for what it says before it looks at how much there
is. Here the header is read as the text that numpy writes, and held to the bytes that follow it; nothing is unpickled.
Source: NEP 1, and numpy.lib.format.
"""

import math
import re
from collections.abc import Collection
from typing import Final

import numpy as np

_MAGIC: Final = b"\x93NUMPY"
_SIZE_BYTES: Final = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}  # by version: how the header's length is stored
_LONGEST: Final = 10_000  # bytes of a header: numpy's own bound
_HEADER: Final = re.compile(
    rb"\s*\{\s*'descr'\s*:\s*'([^']{1,9})'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,"
    rb"\s*'shape'\s*:\s*\(([0-9, ]*)\)\s*,?\s*\}\s*"
)
_MOST_AXES: Final = 8


def plain_array(content: bytes, dtypes: Collection[type[np.generic]]) -> np.ndarray:
    """Return the array in `content`, read-only, of one of `dtypes` in little-endian order.

    Raises ValueError, saying why, if the bytes are no array, of another type, or more or fewer than its shape needs.
    """
    stored, is_fortran, sizes, start = _header(content)
    known = {np.dtype(kind).newbyteorder("<").str: np.dtype(kind).newbyteorder("<") for kind in dtypes}
    dtype = known.get(stored)
    if dtype is None:
        msg = f"it holds {stored!r}, not {' or '.join(np.dtype(kind).name for kind in dtypes)}"
        raise ValueError(msg)
    shape = [int(size) for size in sizes]
    n_left = len(content) - start
    if len(shape) > _MOST_AXES or dtype.itemsize * math.prod(shape) != n_left:
        msg = f"its shape {str(shape)[:60]} of {dtype} needs other than the {n_left:,} bytes that it has"
        raise ValueError(msg)
    return np.frombuffer(content, dtype, offset=start).reshape(shape, order="F" if is_fortran else "C")


def _header(content: bytes) -> tuple[str, bool, list[bytes], int]:
    """Return the type's name, whether columns come first, the sizes as digits, and where the numbers begin."""
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
    return header[1].decode("latin-1"), header[2] == b"True", sizes, end
