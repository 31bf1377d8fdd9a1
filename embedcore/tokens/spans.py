r"""Which characters of a text each token covers."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64


def byte_starts(token_bytes: Sequence[bytes]) -> Int64[np.ndarray, " n_tokens"]:
    """Return where each token's bytes begin in the bytes of all; a token without bytes begins where the next one does.

    >>> byte_starts([b"ab", b"", b"c"]).tolist()
    [0, 2, 2]
    """
    sizes = np.array([len(token) for token in token_bytes], np.int64)
    return np.cumsum(sizes) - sizes


def byte_spans(token_bytes: Sequence[bytes]) -> Int64[np.ndarray, "n_tokens 2"]:
    r"""Return, for each token, the half-open range of characters that it covers in the text that the bytes make.

    The text is that of `b"".join(token_bytes).decode("utf-8", "backslashreplace")`: a byte that is part of no character
    stands in it as the four characters of `\xe2`. Where tokens split a character, each of them covers the whole of it.
    A token without bytes covers nothing.

    >>> byte_spans([b"a", "🙂".encode()[:2], "🙂".encode()[2:] + b"b"]).tolist()
    [[0, 1], [1, 2], [1, 3]]
    """
    # A byte of no character becomes one surrogate here, and four characters there.
    units = b"".join(token_bytes).decode("utf-8", "surrogateescape")
    codes = np.frombuffer(units.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_byte = (codes >= 0xDC80) & (codes <= 0xDCFF)
    n_bytes = np.where(is_byte, 1, 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000))
    byte_starts = np.concatenate(([0], np.cumsum(n_bytes))).astype(np.int64)
    character_starts = np.concatenate(([0], np.cumsum(np.where(is_byte, 4, 1)))).astype(np.int64)
    ends = np.cumsum([len(token) for token in token_bytes], dtype=np.int64)
    starts = np.concatenate(([0], ends[:-1])).astype(np.int64) if len(ends) else ends
    first = np.searchsorted(byte_starts, starts, side="right") - 1
    last = np.maximum(first, np.searchsorted(byte_starts[:-1], ends, side="left"))
    last = np.where(starts == ends, first, last)
    return np.stack((character_starts[first], character_starts[last]), axis=1)
