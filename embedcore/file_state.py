"""What the file system says of a file, without reading it: another state may be another content."""

from dataclasses import dataclass
from pathlib import Path


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
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a path that cannot be
        return None
    return FileState(str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
