"""The whole token table of a model, read through what runs it, some rows at a time."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.contract import ModelMetadata

_LARGEST_PART: Final = 1 << 20  # bytes of the rows that one run reads: bounds the memory that it takes
_ROW_LENGTH: Final = 256  # a run of short sequences spends little on positions

RowsOf = Callable[[Int64[np.ndarray, "batch sequence"]], np.ndarray]  # → float32 [batch, sequence, stored_width]


def whole_table(
    rows_of: RowsOf, metadata: ModelMetadata, held: np.ndarray | None
) -> Float32[np.ndarray, "n_vocab stored_width"]:
    """Return every row that `rows_of` gives, read-only: `held` itself where it is these rows, bit for bit."""
    shape = (metadata.n_vocab, int(metadata.stored_width))
    if held is not None and held.shape == shape and held.dtype == np.float32:
        bits = held.view(np.uint32)
        if all(np.array_equal(rows.view(np.uint32), bits[ids]) for ids, rows in rows_in_parts(rows_of, metadata)):
            return held
    table = np.empty(shape, np.float32)
    for ids, rows in rows_in_parts(rows_of, metadata):
        table[ids] = rows
    table.flags.writeable = False
    return table


def rows_in_parts(
    rows_of: RowsOf, metadata: ModelMetadata
) -> Iterator[tuple[Int64[np.ndarray, " m"], Float32[np.ndarray, "m stored_width"]]]:
    """Yield ids, some at a time, and their rows."""
    n_vocab, length = metadata.n_vocab, min(metadata.context_length, _ROW_LENGTH)
    batch = max(1, _LARGEST_PART // (4 * int(metadata.stored_width) * length))
    for start in range(0, n_vocab, batch * length):
        ids = np.arange(start, min(start + batch * length, n_vocab))
        # The last block is padded to full rows with id 0, and the padding is cut off again.
        block = np.zeros((-(-len(ids) // length), min(length, len(ids))), np.int64)
        block.reshape(-1)[: len(ids)] = ids
        yield ids, rows_of(block).reshape(-1, int(metadata.stored_width))[: len(ids)]
