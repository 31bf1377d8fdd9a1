"""The one folder outside the repository that embedcore writes to.

It holds what is unpacked or computed once, and may be deleted at any time.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

_PREFIX: Final = "embedcore-"  # of a temporary folder


@cache
def cache_folder() -> Path:
    """Return a folder of this user's that can be written: `$XDG_CACHE_HOME/embedcore`, or `~/.cache/embedcore`.

    A relative XDG_CACHE_HOME is ignored, as its specification says. Where neither can be written (a read-only home), it
    is a new private folder in the system's temporary one, which is removed at exit.
    """
    try:
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        folder = (named if named.is_absolute() else Path("~/.cache").expanduser()) / "embedcore"
        if folder.is_absolute():  # not where HOME itself is relative
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    except (OSError, RuntimeError):  # RuntimeError: the user has no home at all
        pass
    return _temporary_folder()


def remove_temporary_folder() -> None:
    """Remove the folder if it is a temporary one. For servers: one that a signal ends never comes to its exit."""
    base = cache_folder().parent
    if base.name.startswith(_PREFIX) and base.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(base, ignore_errors=True)


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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new path to write to; what lies there at the end takes the place of `path`, at once.

    Where the block raises, `path` stays as it was, and nothing of the new file is left. The new path has the name of
    `path`, which messages tell, in a new folder beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        new = Path(folder) / path.name
        yield new
        new.chmod(0o644)
        new.replace(path)


def _temporary_folder() -> Path:
    """Return a new private folder. It is named like the others, so that XDG_CACHE_HOME can pass it to a child."""
    base = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    folder = base / "embedcore"
    folder.mkdir(mode=0o700)
    return folder
