"""Token ids → training batches: sliding windows, and the same windows one token later as targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from embedcore.errors import ShapeError


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of one batch: `targets` are `inputs` moved one token on; `starts` is where each window begins."""

    inputs: Int64[np.ndarray, "batch max_length"]
    targets: Int64[np.ndarray, "batch max_length"]
    starts: Int64[np.ndarray, " batch"]


def windows(
    token_ids: Any,
    *,
    max_length: int,
    stride: int,
    batch_size: int,
    shuffle: bool = False,
    drop_last: bool = True,
    seed: int = 0,
) -> Iterator[Batch]:
    """Yield batches of windows over `token_ids` [n_tokens], as in Raschka's "Build a Large Language Model", chapter 2.

    Windows begin at 0, stride, 2·stride … while a target is left for their last token; max_length, stride and
    batch_size ≥ 1. `shuffle` orders the windows by `seed`; `drop_last` leaves out a last batch that is not full.
    Raises ShapeError, at the call, if a number is below 1 or the text is too short for one window.

    >>> next(windows(range(9), max_length=4, stride=4, batch_size=2)).inputs   →   [[0, 1, 2, 3], [4, 5, 6, 7]]
    """
    ids = np.asarray(token_ids if isinstance(token_ids, np.ndarray) else list(token_ids), dtype=np.int64)
    starts = window_starts(len(ids) if ids.ndim == 1 else -1, max_length=max_length, stride=stride)
    if batch_size < 1:
        msg = f"batch_size is {batch_size}, but must be 1 or more"
        raise ShapeError(msg)
    if shuffle:
        starts = np.random.default_rng(seed).permutation(starts)
    return _batches(ids, starts, max_length, batch_size, drop_last=drop_last)


def window_starts(n_tokens: int, *, max_length: int, stride: int) -> Int64[np.ndarray, " n_windows"]:
    """Return where the windows begin, in order. Raises ShapeError as `windows` does."""
    if n_tokens < 0:
        msg = "token ids must be one row, [n_tokens]"
        raise ShapeError(msg)
    for name, value in (("max_length", max_length), ("stride", stride)):
        if value < 1:
            msg = f"{name} is {value}, but must be 1 or more"
            raise ShapeError(msg)
    if n_tokens < max_length + 1:
        msg = (
            f"the text has {n_tokens} tokens, but one window of {max_length} and its targets need {max_length + 1}: "
            "write more, or choose a smaller max_length"
        )
        raise ShapeError(msg)
    return np.arange(0, n_tokens - max_length, stride, dtype=np.int64)


def _batches(
    ids: np.ndarray, starts: np.ndarray, max_length: int, batch_size: int, *, drop_last: bool
) -> Iterator[Batch]:
    end = len(starts) - len(starts) % batch_size if drop_last else len(starts)
    offsets = np.arange(max_length)
    for first in range(0, end, batch_size):
        chosen = starts[first : first + batch_size]
        inputs = chosen[:, None] + offsets
        yield Batch(ids[inputs], ids[inputs + 1], chosen)
