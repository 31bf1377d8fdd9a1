"""Equality of results that hold arrays: two are equal where everything that they hold is equal."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np

_N_SAMPLES: Final = 32  # values of an array that its hash looks at


class ByContent:
    """Base of a dataclass (eq=False) whose fields hold arrays or mappings: `==`, `in` and sets work, by content.

    Two are equal if they are of one type and every field is: arrays by dtype, shape and all values, where NaN equals
    NaN; mappings and sequences item by item. Equal ones have equal hashes. The hash of an array is made of its dtype,
    its shape and a few of its values, so that it takes no time: do not write into a result that is kept in a set.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(_equal(getattr(self, name), getattr(other, name)) for name in _compared(self))

    def __hash__(self) -> int:
        return hash((type(self), *(_hash(getattr(self, name)) for name in _compared(self))))


def _compared(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.compare]


def _equal(left: Any, right: Any) -> bool:
    if left is right:
        return True
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return (
            isinstance(left, np.ndarray)
            and isinstance(right, np.ndarray)
            and left.dtype == right.dtype
            and np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")
        )
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and type(left) is type(right):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right) or (_is_nan(left) and _is_nan(right))


def _hash(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return hash((value.dtype.str, value.shape, _sample(value)))
    if isinstance(value, Mapping):
        return hash(frozenset((key, _hash(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return hash((len(value), *map(_hash, value)))
    return 0 if _is_nan(value) else hash(value)


def _sample(array: np.ndarray) -> tuple[int, ...]:
    if not array.size:
        return ()
    chosen = np.linspace(0, array.size - 1, min(array.size, _N_SAMPLES)).astype(np.int64)
    return tuple(map(_hash, array.flat[chosen].tolist()))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value
