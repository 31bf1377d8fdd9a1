"""The one folder outside the repository that embedcore writes to: what is unpacked or computed once, and can go."""

import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def cache_folder() -> Path:
    """Return a folder of this user's that can be written: `$XDG_CACHE_HOME/embedcore`, `~/.cache/embedcore`.

    Where neither can be written (a read-only home), a new private folder in the system's temporary one.
    """
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        folder = Path(base) / "embedcore"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: the user has no home at all
        return Path(tempfile.mkdtemp(prefix="embedcore-"))


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that no reader, in this process or another, ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
