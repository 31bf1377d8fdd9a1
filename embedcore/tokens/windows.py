"""Token ids → training batches: sliding windows, and the same windows one token later as targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Int64

from embedcore.checks.token_ids import one_row
from embedcore.errors import ShapeError, UnknownTokenId
from embedcore.values import ByContent

_LARGEST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Batch(ByContent):
    """Windows of one batch: `targets` are `inputs` moved one token on; `starts` is where each window begins."""

    inputs: Int64[np.ndarray, "batch max_length"]
    targets: Int64[np.ndarray, "batch max_length"]
    starts: Int64[np.ndarray, " batch"]


@dataclass(frozen=True, slots=True, eq=False)
class Batches(ByContent):
    """All batches of windows over a text, of which each is built when it is asked for.

    `starts` is where every window begins, in the order of the batches. Counts follow from the lengths alone.
    """

    token_ids: Int64[np.ndarray, " n_tokens"]
    starts: Int64[np.ndarray, " n_windows"]
    max_length: int
    batch_size: int
    drop_last: bool

    @property
    def n_windows(self) -> int:
        """How many windows the text has, those of a batch that is dropped among them."""
        return len(self.starts)

    @property
    def n_kept(self) -> int:
        """How many windows are in a batch."""
        return self.n_windows - self.n_windows % self.batch_size if self.drop_last else self.n_windows

    @property
    def n_unused(self) -> int:
        """How many tokens of the text no batch has, neither as an input nor as a target."""
        steps = np.zeros(len(self.token_ids) + 1, np.int64)
        kept = self.starts[: self.n_kept]
        np.add.at(steps, kept, 1)
        np.add.at(steps, kept + self.max_length + 1, -1)
        return int((np.cumsum(steps[:-1]) == 0).sum())

    def __len__(self) -> int:
        """Return how many batches there are."""
        return -(-self.n_kept // self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        """Build the batch at `index`, 0 … len − 1. Raises IndexError outside."""
        if not 0 <= index < len(self):
            msg = f"there is no batch {index}; there are {len(self)}"
            raise IndexError(msg)
        chosen = self.starts[: self.n_kept][index * self.batch_size : (index + 1) * self.batch_size]
        inputs = chosen[:, None] + np.arange(self.max_length)
        return Batch(self.token_ids[inputs], self.token_ids[inputs + 1], chosen)

    def __iter__(self) -> Iterator[Batch]:
        """Build one batch after the other."""
        return (self[index] for index in range(len(self)))


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
    batch_size ≥ 1. `shuffle` orders the windows by `seed` ≥ 0; `drop_last` leaves out a last batch that is not full,
    even if it is the only one. Raises at the call: ShapeError if a number is no whole number in its range, or the text
    too short for one window; UnknownTokenId if an id is no whole number from 0.

    >>> next(windows(range(9), max_length=4, stride=4, batch_size=2)).inputs
    array([[0, 1, 2, 3],
           [4, 5, 6, 7]])
    """
    return iter(
        batches(
            token_ids,
            max_length=max_length,
            stride=stride,
            batch_size=batch_size,
            shuffle=shuffle,
            drop_last=drop_last,
            seed=seed,
        )
    )


def batches(
    token_ids: Any,
    *,
    max_length: int,
    stride: int,
    batch_size: int,
    shuffle: bool = False,
    drop_last: bool = True,
    seed: int = 0,
) -> Batches:
    """Return what `windows` yields as a sequence: how many there are, and each by its index. Raises as `windows` does.

    >>> len(batches(range(9), max_length=4, stride=4, batch_size=2))
    1
    """
    ids = one_row(token_ids)
    if ids.size and ids.min() < 0:
        msg = f"token ids run {ids.min()}…{ids.max()}, but must be in 0…{_LARGEST}: give the ids of a tokenizer"
        raise UnknownTokenId(msg)
    starts = window_starts(len(ids), max_length=max_length, stride=stride)
    _check_at_least(1, "batch_size", batch_size)
    _check_at_least(0, "seed", seed)
    if shuffle:
        starts = np.random.default_rng(seed).permutation(starts)
    return Batches(ids, starts, int(max_length), int(batch_size), bool(drop_last))


def window_starts(n_tokens: int, *, max_length: int, stride: int) -> Int64[np.ndarray, " n_windows"]:
    """Return where the windows begin, in order. Raises ShapeError as `windows` does."""
    _check_at_least(1, "max_length", max_length)
    _check_at_least(1, "stride", stride)
    if n_tokens < max_length + 1:
        msg = (
            f"the text has {n_tokens} tokens, but one window of {max_length} and its targets need {max_length + 1}: "
            "write more, or choose a smaller max_length"
        )
        raise ShapeError(msg)
    return np.arange(0, n_tokens - max_length, stride, dtype=np.int64)


def _check_at_least(least: int, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        msg = f"{name} is {value!r}, but must be a whole number, {least} or more"
        raise ShapeError(msg)
