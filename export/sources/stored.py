"""A tensor as it lies in a file: where its first number is, of which type, and how far apart the others are."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from embedcore.errors import ModelFileError
from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile
from export.sources.number_types import NUMBER_TYPES, NumberType
from export.sources.source import TensorInfo

MOST_AXES: Final = 8
_AT_ONCE: Final = 2**22  # bytes that are widened at a time: what is mapped and what is made of it stay small together


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor in a mapped file, `strides` bytes apart along each axis; None: one row after the other without gaps."""

    info: TensorInfo
    file: MappedFile
    start: int
    strides: tuple[int, ...] | None = None

    def read(self, rows: slice | None = None) -> np.ndarray:
        """Return the tensor or those of its rows: the file's own pages, read-only, where nothing has to be widened.

        Raises ModelFileError if its type cannot be read, or rows of a single number are wanted.
        """
        number = NUMBER_TYPES[self.info.dtype]
        if number.stored is None:
            fault = f"tensor {shortened(self.info.name)!r} holds {self.info.dtype}, which has no exact numbers here"
            raise broken(self.file.name, fault, "save it as float32, float16 or bfloat16")
        stored = self.file.array(number.stored, self.start, self.info.shape, self.strides)
        if rows is not None:
            if not stored.ndim:
                msg = f"tensor {shortened(self.info.name)!r} is one number and has no rows: read it whole"
                raise ModelFileError(msg)
            stored = stored[rows]
        if number.widen is None and stored.flags.aligned:
            return stored
        return self._widened(stored, number)

    def _widened(self, stored: np.ndarray, number: NumberType) -> np.ndarray:
        """Return the numbers widened, or copied to where this machine has numbers of their type, piece by piece."""
        wide = np.empty(stored.shape, number.given)
        if not stored.ndim or not stored.size:
            wide[...] = number.widen(stored) if number.widen else stored
            return wide
        n_rows = max(1, _AT_ONCE * len(stored) // stored.nbytes)
        for first in range(0, len(stored), n_rows):
            some = stored[first : first + n_rows]
            wide[first : first + n_rows] = number.widen(some) if number.widen else some
            self._forget(some)
        return wide

    def _forget(self, some: np.ndarray) -> None:
        """Let the pages go that were just read, where they lie side by side."""
        if some.flags.c_contiguous:
            start = some.__array_interface__["data"][0] - self.file.address
            self.file.forget(start, start + some.nbytes)


def is_plausible(shape: tuple[int, ...]) -> bool:
    """Return whether numpy has arrays of this shape: at most 8 axes, and a size that 64 bits count."""
    return len(shape) <= MOST_AXES and math.prod(size or 1 for size in shape) < 2**59
