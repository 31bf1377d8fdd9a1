"""What the file system says of a file, without reading it: another state may be another content."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from embedcore.errors import ModelFileError


@dataclass(frozen=True, slots=True)
class FileState:
    """Where a file lies, its size in bytes, and what changes when it is written, replaced or moved; times in ns.

    Both times are there: a copy may keep the time of its content's last change, and never that of its entry.
    """

    path: str
    inode: int
    n_bytes: int
    modified: int
    changed: int


def file_state(path: Path) -> FileState | None:
    """Return the state of the file at `path`; None if there is none that can be reached.

    Take it before the file is read: then what is kept under it is never older than the state says.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):  # ValueError: a path that cannot be
        return None
    return FileState(str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def file_sha256(path: Path) -> str:
    """Return the sha256 of the file at `path`, read once in each of its states. Raises ModelFileError if it is gone."""
    state = file_state(path)
    if state is None:
        msg = f"there is no file {path.name}: open the page again"
        raise ModelFileError(msg)
    return _sha256(state)


@lru_cache(maxsize=16)
def _sha256(state: FileState) -> str:
    try:
        with Path(state.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        msg = f"{Path(state.path).name} cannot be read ({error.strerror}): try again"
        raise ModelFileError(msg) from error
