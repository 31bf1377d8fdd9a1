"""How large a value of a model's graph is, as far as it can be told before the graph runs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LARGEST_NUMBER: Final = 2**31  # beyond, a runtime's own arithmetic could wrap around


@dataclass(frozen=True, slots=True)
class Extent:
    """The size of an axis, or a whole number: `per_token` · sequence + `fixed`."""

    per_token: int
    fixed: int

    def at(self, sequence: int) -> int:
        """Return the size for a sequence, 0 or more."""
        return max(0, self.per_token * sequence + self.fixed)


BATCH: Final = "batch"
ONE: Final = Extent(0, 1)
NOTHING: Final = Extent(0, 0)
Axis = Extent | str


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the graph: its axes, the bytes of a number, and its whole numbers where they are few and known."""

    axes: tuple[Axis, ...]
    width: int
    numbers: tuple[Extent, ...] | None = None

    def n_numbers(self, sequence: int) -> int:
        """Return how many numbers it holds for a batch of one."""
        return math.prod(axis.at(sequence) for axis in self.axes if isinstance(axis, Extent))


class UnknownSize(Exception):
    """A size that cannot be told before the graph runs."""


def checked(numbers: Iterable[Extent]) -> tuple[Extent, ...] | None:
    """Return whole numbers that no runtime's arithmetic wraps around; None where one could be."""
    extents = tuple(numbers)
    is_safe = all(max(abs(number.per_token), abs(number.fixed)) <= LARGEST_NUMBER for number in extents)
    return extents if is_safe else None
