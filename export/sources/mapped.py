"""A file of any size, mapped into memory: what nobody looks at is never read."""

import mmap
import os
import stat
from pathlib import Path
from typing import Final

import numpy as np

from embedcore.errors import ModelFileError
from export.sources.broken import broken

_PAGE: Final = mmap.ALLOCATIONGRANULARITY


def map_file(path: Path) -> "MappedFile":
    """Open a file. Raises ModelFileError if there is none, or if it is empty, no plain file or closed to us."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise broken(path.name, "it is a device, pipe or folder", "give the path of a plain file")
            if status.st_size == 0:
                raise broken(path.name, "it is empty")
            name = path.name.encode("utf-8", "backslashreplace").decode()  # bytes that are no text, of a foreign disk
            return MappedFile(name, mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise broken(path.name, "there is no such file", "check its path") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = error.strerror if isinstance(error, OSError) else error
        raise broken(path.name, f"it cannot be read ({reason})", "check its path and its permissions") from error


class MappedFile:
    """A plain file that is read by its pages, as they are looked at; `n_bytes` was its size when it was opened.

    With `is_held` the pages are memory that has no file behind it: a part of an archive, unpacked.
    WARNING: a file that is cut while it is mapped ends the process (SIGBUS), as with every map of a file.
    """

    def __init__(self, name: str, pages: mmap.mmap, *, is_held: bool = False) -> None:
        """Take what was mapped."""
        self.name, self.n_bytes, self.is_held = name, len(pages), is_held
        self._map: mmap.mmap | None = pages

    def content(self, start: int, end: int) -> bytes:
        """Return a copy of the bytes from `start` up to `end`, or up to the file's end."""
        return self.pages()[start : max(start, end)]

    def find(self, wanted: bytes, start: int, end: int) -> int:
        """Return where `wanted` begins between `start` and `end`; -1 if it is not there."""
        return self.pages().find(wanted, start, end)

    def array(
        self, dtype: np.dtype, start: int, shape: tuple[int, ...], strides: tuple[int, ...] | None = None
    ) -> np.ndarray:
        """Return the numbers from byte `start` on as an array of the file's own pages, read-only.

        Raises ModelFileError if they end behind the file's end.
        """
        try:
            return np.ndarray(shape, dtype, self.pages(), start, strides)
        except (ValueError, TypeError, OverflowError) as error:
            fault = f"an array of {'×'.join(map(str, shape))} at byte {start:,} is not in its {self.n_bytes:,} bytes"
            raise broken(self.name, fault) from error

    @property
    def address(self) -> int:
        """Where in this process's memory the file's first byte is."""
        return int(np.ndarray((1,), np.uint8, self.pages()).__array_interface__["data"][0])

    def forget(self, start: int, end: int) -> None:
        """Let the pages between two bytes go, so that they no longer count as this process's memory.

        They are read again where somebody looks at them again.
        """
        first = start - start % _PAGE
        if hasattr(mmap, "MADV_DONTNEED") and end > first and not self.is_held:
            self.pages().madvise(mmap.MADV_DONTNEED, first, min(end, self.n_bytes) - first)

    def close(self) -> None:
        """Let the file go. It stays mapped while an array of it is in use."""
        self._map = None

    def pages(self) -> mmap.mmap:
        """Return the map itself. Raises ModelFileError if the file was closed."""
        if self._map is None:
            msg = f"{self.name} was closed: open it again"
            raise ModelFileError(msg)
        return self._map
