"""A set of token ids as a short text, for a model file to say which rows training saw."""

import base64
import zlib

import numpy as np
from jaxtyping import Int64

from embedcore.errors import ModelFileError


def pack_ids(token_ids: Int64[np.ndarray, " n"], n_vocab: int) -> str:
    """Return `token_ids` (each in 0…n_vocab − 1) as base64 of the zlib-compressed bitmap of n_vocab bits.

    >>> unpack_ids(pack_ids(np.array([1, 5]), 8), 8)
    array([1, 5])
    """
    bitmap = np.zeros(n_vocab, np.uint8)
    bitmap[token_ids] = 1
    return base64.b64encode(zlib.compress(np.packbits(bitmap).tobytes(), 9)).decode()


def unpack_ids(text: object, n_vocab: int) -> Int64[np.ndarray, " n"]:
    """Return the ids that `pack_ids` packed, ascending; `text` is what a file gives, and may be anything.

    Raises ModelFileError if it is no text, or holds another bitmap than one of `n_vocab` bits.
    """
    if not isinstance(text, str):
        msg = f"the file's set of token ids is {str(text)[:60]!r}, but must be base64 text: export the model again"
        raise ModelFileError(msg)
    n_bytes = -(-n_vocab // 8)
    unpacker = zlib.decompressobj()
    try:
        # One byte more than it may hold tells a longer one, however much it would unpack to.
        bitmap = np.frombuffer(unpacker.decompress(base64.b64decode(text, validate=True), n_bytes + 1), np.uint8)
    except (ValueError, zlib.error) as error:
        msg = "the file's set of token ids cannot be read: export the model again"
        raise ModelFileError(msg) from error
    if len(bitmap) != n_bytes or not unpacker.eof or unpacker.unused_data:
        size = f"{8 * len(bitmap)} bits" + (" or more" if len(bitmap) > n_bytes else "")
        msg = f"the file's set of token ids has {size} for {n_vocab} ids: export the model again"
        raise ModelFileError(msg)
    return np.flatnonzero(np.unpackbits(bitmap, count=n_vocab)).astype(np.int64)
