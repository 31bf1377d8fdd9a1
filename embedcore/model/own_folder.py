"""Private folders for what one reader brings: nobody else reads them, and they go with the reader or the server."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from embedcore.cache import cache_folder

_NAME: Final = "own"


def new_own_folder() -> Path:
    """Return a new folder that only this user of the machine can read.

    Its name begins with the id of this process. Raises OSError where it cannot be made.
    """
    base = _base()
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=base))


def remove_left_folders() -> None:
    """Remove what servers left that are gone: one that was killed could not do it."""
    with suppress(FileNotFoundError):
        for left in _base().iterdir():
            process = left.name.split("-")[0]
            if not (process.isdigit() and int(process) != os.getpid() and _is_running(int(process))):
                shutil.rmtree(left, ignore_errors=True)


def remove_own_folders() -> None:
    """Remove every private folder of this process: its server ends."""
    with suppress(FileNotFoundError):
        for folder in _base().glob(f"{os.getpid()}-*"):
            shutil.rmtree(folder, ignore_errors=True)


def _base() -> Path:
    return cache_folder() / _NAME


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it runs, and is another user's
        return True
    return True
