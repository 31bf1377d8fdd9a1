"""A plain numpy array out of the bytes of an `.npy` file that may be anything.

`numpy.load` makes room for what the header says before it looks at how much there is; here the header is held to the
bytes first, and the type to the ones that are wanted, so that nothing is unpickled and nothing is larger than the file.
"""

import io
import math
from collections.abc import Collection
from typing import Final

import numpy as np

_MOST_AXES: Final = 8
# What numpy, and Python's parser under it, raise for a header that is none.
_DAMAGE: Final = (
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    EOFError,
    MemoryError,
    RecursionError,
    OverflowError,
)


def plain_array(content: bytes, dtypes: Collection[type[np.generic]]) -> np.ndarray:
    """Return the array in `content`, read-only, of one of `dtypes` in little-endian order.

    Raises ValueError, saying why, if the bytes are no array, of another type, or more or fewer than its shape needs.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, is_fortran, dtype = read(stream)
    except _DAMAGE as error:
        msg = f"its header cannot be read: {' '.join(str(error).split())[:200]}"
        raise ValueError(msg) from error
    if dtype not in [np.dtype(kind).newbyteorder("<") for kind in dtypes]:
        msg = f"it holds {str(dtype)[:60]}, not {' or '.join(np.dtype(kind).name for kind in dtypes)}"
        raise ValueError(msg)
    start = stream.tell()
    n_left = len(content) - start
    is_shape = len(shape) <= _MOST_AXES and all(not isinstance(size, bool) and size >= 0 for size in shape)
    if not is_shape or dtype.itemsize * math.prod(shape) != n_left:
        msg = f"its shape {str(list(shape))[:60]} of {dtype} needs other than the {n_left:,} bytes that it has"
        raise ValueError(msg)
    return np.frombuffer(content, dtype, offset=start).reshape(shape, order="F" if is_fortran else "C")
