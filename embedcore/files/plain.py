"""Reading a file that may be anything: a plain file, no larger than it may be, read once."""

import os
import stat
from pathlib import Path

from embedcore.errors import ModelFileError


def read_file(path: Path, *, most: int) -> bytes:
    """Return the bytes of the plain file at `path`, `most` at the most.

    A pipe is not waited for and a device not drained. Raises FileNotFoundError if there is nothing at `path`, and
    ModelFileError if it is no plain file, is larger, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                msg = f"{path.name!r} is no plain file, but a device, pipe or folder: give the path of a file"
                raise ModelFileError(msg)
            content = file.read(most + 1) if os.fstat(descriptor).st_size <= most else None
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a null character, or with half of a character
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{path.name!r} cannot be read ({reason}): check its path and its permissions"
        raise ModelFileError(msg) from error
    if content is None or len(content) > most:
        msg = f"{path.name} holds more than {most:,} bytes, the most for such a file: make it again, smaller"
        raise ModelFileError(msg)
    return content
