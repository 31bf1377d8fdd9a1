"""A table as a search keeps it: safe from changes, in float32, in a unit where squares fit; which row a vector is."""

from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from embedcore.space.metrics import row_blocks

ORDINARY: Final = (2.0**-30, 2.0**30)  # the longest rows that are taken as they are; others get a unit of their own


def kept(table: Float[np.ndarray, "n d_model"]) -> Float[np.ndarray, "n d_model"]:
    """Return `table` where nobody can write into it, and otherwise a copy, so that it never changes."""
    array: object = table
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return table.copy()
        array = array.base
    return table


def unit_of(longest: float) -> float:
    """Return the power of two that brings rows up to this length near 1; 1 where their squares fit float32 anyway."""
    return 1.0 if longest == 0 or ORDINARY[0] <= longest <= ORDINARY[1] else float(2.0 ** -np.frexp(longest)[1])


def are_ordinary(lengths: Float64[np.ndarray, " n"]) -> bool:
    """Return whether every row that is not 0 is as long as rows may be that are searched as they are."""
    longer = lengths[lengths > 0]
    return longer.size == 0 or bool(ORDINARY[0] <= longer.min() and longer.max() <= ORDINARY[1])


def float32_rows(
    table: Float[np.ndarray, "n d_model"], scale: Float64[np.ndarray, " n"] | None
) -> Float32[np.ndarray, "n d_model"]:
    """Return `table` as contiguous float32, each row times its `scale`; the table itself where it is that already."""
    if scale is None:
        return np.ascontiguousarray(table, np.float32)
    scaled = np.empty(table.shape, np.float32)
    for rows in row_blocks(*table.shape):
        scaled[rows] = table[rows].astype(np.float64) * scale[rows, None]
    return scaled


def first_equal(table: Float[np.ndarray, "n d_model"], vector: Float[np.ndarray, " d_model"]) -> int | None:
    """Return the first row of `table` that is `vector`, value by value; None if there is none."""
    candidates = np.flatnonzero(table[:, 0] == vector[0])
    for start in range(0, len(candidates), 1024):
        rows = candidates[start : start + 1024]
        equal = (table[rows] == vector).all(axis=1)
        if equal.any():
            return int(rows[equal.argmax()])
    return None


def own_rows(
    table: Float[np.ndarray, "n d_model"],
    vectors: Float[np.ndarray, "m d_model"],
    near: Int64[np.ndarray, "m k"],
    cosines: Float64[np.ndarray, "m k"],
) -> Int64[np.ndarray, " m"]:
    """Return the first row of `table` that each vector is; −1 where it is none.

    `near` and `cosines` are its nearest rows: only among rows that point its own way can it be, or, of zero length,
    anywhere.
    """
    own_ids = np.full(len(vectors), -1)
    known: dict[bytes, int | None] = {}
    for index in np.flatnonzero((cosines[:, 0] > 1 - 1e-9) | ~vectors.any(axis=1)).tolist():
        vector = vectors[index]
        equal = (table[near[index]] == vector).all(axis=1)
        if equal.any() and vector.any():
            own_ids[index] = near[index, equal].min()
        elif cosines[index, -1] > 1 - 1e-9 or not vector.any():  # it may be one of many parallel rows
            key = vector.tobytes()
            if key not in known:
                known[key] = first_equal(table, vector)
            own_ids[index] = -1 if known[key] is None else known[key]
    return own_ids
