"""Token ids as people have them → whole numbers of numpy: lists, ranges, arrays and tensors; nothing is cut or wrapped.

WARNING: numpy alone turns True into 1 beside numbers, 1.5 into 1 where the type is given, and 2**64 − 1 into −1.
"""

import operator
from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

import numpy as np
from jaxtyping import Int64

from embedcore.errors import ShapeError, UnknownTokenId

_LARGEST: Final = int(np.iinfo(np.int64).max)
_NESTED: Final = (list, tuple, range)


def as_id(token_id: Any) -> int:
    """Return one id, an int or what holds exactly one (numpy's numbers, a tensor without axes).

    Raises UnknownTokenId for anything else: True and 1.0 are no ids.

    >>> as_id(np.int64(5))
    5
    """
    if type(token_id) is int:
        return token_id
    is_truth = isinstance(token_id, bool) or "bool" in str(getattr(token_id, "dtype", ""))
    if not is_truth and getattr(token_id, "ndim", 0) == 0:
        try:
            return operator.index(token_id)
        except TypeError:  # a float, a text, None
            pass
    msg = f"token id {_short(token_id)} is no whole number: give ids as a tokenizer returns them"
    raise UnknownTokenId(msg)


def as_id_array(token_ids: Any) -> Int64[np.ndarray, "..."]:
    """Return ids of any shape, with no range asked for: nested lists, arrays, tensors, or anything that yields ids.

    Raises UnknownTokenId where one is no whole number of at most 64 bits, or bytes or a text are given; ShapeError
    where rows have different lengths.

    >>> as_id_array([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if isinstance(token_ids, str | bytes | bytearray | memoryview):
        kind = "text" if isinstance(token_ids, str) else "bytes"
        msg = f"{_short(token_ids)} is {kind}, but token ids are whole numbers: give the token_ids of an encoded text"
        raise UnknownTokenId(msg)
    if isinstance(token_ids, Mapping | Set):
        msg = f"token ids have an order, and a {type(token_ids).__name__} has none: give a list"
        raise UnknownTokenId(msg)
    if hasattr(token_ids, "__array__"):
        return _of_array(token_ids)
    if isinstance(token_ids, Iterable):
        return _of_list(list(token_ids))
    return np.array(_fitting(as_id(token_ids)), np.int64)


def one_row(token_ids: Any) -> Int64[np.ndarray, " n_tokens"]:
    """Return the ids of one text, [n_tokens]. Raises ShapeError for other shapes, and what `as_id_array` raises."""
    if not isinstance(token_ids, Iterable) and not hasattr(token_ids, "__array__"):
        msg = f"token ids must be one row of whole numbers, [n_tokens], not {_short(token_ids)}: put them in a list"
        raise ShapeError(msg)
    ids = as_id_array(token_ids)
    if ids.ndim != 1:
        remedy = "put the id into a list" if ids.ndim == 0 else "give one row at a time"
        msg = f"token ids have shape {list(ids.shape)}, but must be one row, [n_tokens]: {remedy}"
        raise ShapeError(msg)
    return ids


def _of_array(token_ids: Any) -> Int64[np.ndarray, "..."]:
    try:
        ids = np.asarray(token_ids)
    except (TypeError, ValueError, RuntimeError) as error:  # a tensor of a graphics card, say
        msg = f"the token ids, {type(token_ids).__name__}, cannot be read ({error}): give them as a list"
        raise UnknownTokenId(msg) from error
    if ids.size == 0:
        return np.zeros(ids.shape, np.int64)
    if np.issubdtype(ids.dtype, np.integer):
        _fitting(int(ids.max()))
        return ids.astype(np.int64)
    return np.array([_fitting(as_id(value)) for value in ids.ravel().tolist()], np.int64).reshape(ids.shape)


def _of_list(values: list[Any]) -> Int64[np.ndarray, "..."]:
    rows = [value for value in values if isinstance(value, _NESTED) or getattr(value, "ndim", 0) > 0]
    if not rows:
        return np.array([_fitting(as_id(value)) for value in values], np.int64)
    if len(rows) < len(values):
        msg = f"token ids must be whole numbers, or rows of them: here are {len(rows)} rows among {len(values)} values"
        raise ShapeError(msg)
    arrays = [as_id_array(row) for row in rows]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        msg = "token ids have rows of different lengths: give rows of one length, or one row at a time"
        raise ShapeError(msg)
    return np.stack(arrays)


def _fitting(token_id: int) -> int:
    if not -_LARGEST <= token_id <= _LARGEST:
        msg = f"token id {token_id} is outside 0…{_LARGEST}; ids have at most 64 bits: give the ids of a tokenizer"
        raise UnknownTokenId(msg)
    return token_id


def _short(value: Any) -> str:
    written = repr(value)
    return written if len(written) <= 60 else written[:60] + "…"
