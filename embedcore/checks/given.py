"""Arrays and sizes as a caller gives them, and the check in front of every graph and picture of positions.

The types name what is meant, for readers and for mypy. As a program runs, the arguments may be anything: these checks,
and not a type checker, name what is wrong with them, and the remedy.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from embedcore.checks.sizes import LARGEST_SIZE, either, shown
from embedcore.errors import ShapeError

if TYPE_CHECKING:
    Size = int
    Number = float
    Flag = bool
    Choice = Any
    Array = np.ndarray
else:
    Size = Number = Flag = Choice = Array = Any


def vectors_of(name: str, vectors: Any) -> np.ndarray:
    """Return `vectors` as an array [n, d_model] of numbers. Raises ShapeError unless it is one, d_model ≥ 1."""
    array = _array(name, vectors)
    if array.ndim != 2 or array.shape[1] < 1:
        msg = f"{name} have the shape {list(array.shape)}, but must be [n, d_model], d_model 1 or more"
        raise ShapeError(msg)
    return array


def vector_of(name: str, vector: Any) -> np.ndarray:
    """Return `vector` as an array [d_model] of numbers. Raises ShapeError unless it is one, d_model ≥ 1."""
    array = _array(name, vector)
    if array.ndim != 1 or array.shape[0] < 1:
        msg = f"{name} has the shape {list(array.shape)}, but must be [d_model], d_model 1 or more"
        raise ShapeError(msg)
    return array


def positions_of(positions: Any, n: int | None = None) -> np.ndarray:
    """Return `positions` as an array [n], int64 if they came as whole numbers and float64 otherwise.

    Raises ShapeError, naming the first that is wrong, unless each is finite and within ±2⁵³, one for each of `n`.
    """
    array = _array("positions", positions)
    if array.ndim != 1:
        msg = f"positions have the shape {list(array.shape)}, but must be [n]: give one number for each vector"
        raise ShapeError(msg)
    if n is not None and len(array) != n:
        msg = f"{len(array)} positions were given for {n} vectors: give {n}"
        raise ShapeError(msg)
    is_wrong = ~(np.abs(array.astype(np.float64)) <= LARGEST_SIZE)
    if is_wrong.any():
        index = int(is_wrong.argmax())
        msg = (
            f"position {shown(array[index])}, at index {index}, is no number from −{LARGEST_SIZE} to {LARGEST_SIZE}: "
            f"give one, {index} say"
        )
        raise ShapeError(msg)
    return array.astype(np.int64 if array.dtype.kind in "iu" else np.float64)


def some_positions_of(positions: Any) -> np.ndarray:
    """Return the same of one position or more. Raises ShapeError where there is none."""
    array = positions_of(positions)
    if not len(array):
        msg = "0 positions were given, but must be 1 or more: give one, 0 say"
        raise ShapeError(msg)
    return array


def whole(positions: np.ndarray, scheme: str, others: Sequence[str]) -> np.ndarray:
    """Return positions as int64, for a scheme that reads a table. Raises ShapeError where one is no whole number.

    `others` are the schemes that are defined between places.
    """
    index = _first_fraction(positions)
    if index is not None:
        msg = (
            f"position {positions[index]:g}, at index {index}, is no whole number, but the scheme {scheme!r} reads a "
            f"row of a table for each: round it to {np.rint(positions[index]):g}, or choose {either(others)}, "
            "which are defined between places"
        )
        raise ShapeError(msg)
    return positions.astype(np.int64, copy=False)


def whole_numbers(name: str, numbers: Any) -> np.ndarray:
    """Return `numbers` as int64 [n]. Raises ShapeError where one is a fraction; `name` is theirs."""
    array = positions_of(numbers)
    index = _first_fraction(array)
    if index is not None:
        msg = f"{name} {array[index]:g}, at index {index}, is no whole number: round it to {np.rint(array[index]):g}"
        raise ShapeError(msg)
    return array.astype(np.int64, copy=False)


def check_all_there(name: str, n_given: int, n: int) -> None:
    """Raise ShapeError unless there is one for each of `n` things, for example a label for each token."""
    if n_given != n:
        msg = f"{n_given} {name} were given for {n}: give {n}"
        raise ShapeError(msg)


def _first_fraction(numbers: np.ndarray) -> int | None:
    is_fraction = np.rint(numbers) != numbers
    return int(is_fraction.argmax()) if numbers.dtype.kind == "f" and is_fraction.any() else None


def _array(name: str, given: Any) -> np.ndarray:
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, OverflowError) as error:  # rows of different lengths
        msg = f"{name} are no array: {error!s:.200}"
        raise ShapeError(msg) from error
    if array.dtype.kind not in "iuf":
        msg = f"{name} hold {shown(array.flat[0]) if array.size else 'nothing'} ({array.dtype}), but must be numbers"
        raise ShapeError(msg)
    return array
