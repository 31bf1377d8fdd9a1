"""Why a map was not made: what the reader is told, and what the server's log keeps."""

import re
import signal
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from embedcore.errors import EmbedcoreError

# "refused": embedcore names what is wrong with the map that was asked for. "memory": there was too little of it.
# "broken": an exception that nobody foresaw, or a process that ended without saying why.
Cause = Literal["refused", "memory", "broken"]
_FRAME: Final = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)  # of a traceback
PACKAGE: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Failure:
    """A map that was not made: `message` in words for the reader.

    Of a broken map maker also `kind`, the type of the exception or the way that the process ended, and `place`, file
    and line of embedcore's own code, innermost ("" where there is none). Neither holds a value. `incident` is the id
    by which the server's log knows it.
    """

    cause: Cause
    message: str
    kind: str = ""
    place: str = ""
    incident: str = ""

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Return what an exception means that ended the making of a map."""
        if isinstance(error, EmbedcoreError):
            return cls("refused", str(error))
        said, place = said_of(error), place_of(error)
        if isinstance(error, MemoryError):
            return cls("memory", f"the memory is too small for this map ({said}): try fewer rows")
        return cls("broken", f"the map could not be made: {said}{at(place)}", type(error).__name__, place)

    @classmethod
    def from_json(cls, values: Any) -> "Failure":
        """Read what a map maker sent: the fields of a failure by their names. Raises ValueError for anything else."""
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            msg = "a map maker did not send the fields of a failure"
            raise ValueError(msg)
        if values.get("cause") not in get_args(Cause) or not {"message"} <= set(values) <= set(cls.__slots__):
            msg = "a map maker did not send the fields of a failure"
            raise ValueError(msg)
        return cls(**values)


def ended(exit_status: int, printed: str, was_memory_short: bool | None) -> Failure:
    """Return why a map maker ended that did not say so itself; `printed` is what stands on its standard error.

    Signal 9 comes from the kernel where memory is short, and from whoever ends a process at once. `was_memory_short`
    says whether the kernel has ended a process for lack of memory meanwhile; None where it cannot be read: then signal
    9 is taken for that.
    """
    if exit_status < 0:
        kind = f"ended by signal {-exit_status}"
        name = signal.strsignal(-exit_status) or "unknown"
        if exit_status != -signal.SIGKILL:
            return Failure("broken", f"the map maker was {kind} ({name})", kind)
        if was_memory_short is None:
            msg = f"the map maker was {kind}, as a system that is out of memory does: try fewer rows"
            return Failure("memory", msg, kind)
        if was_memory_short:
            return Failure("memory", f"the system is out of memory, and the map maker was {kind}: try fewer rows", kind)
        msg = f"the map maker was {kind} ({name}), but not for lack of memory: compute the map again"
        return Failure("broken", msg, kind)
    kind = f"ended with status {exit_status}"
    last = next((line.strip() for line in reversed(printed.splitlines()) if line.strip()), "it said nothing")
    places = [place for file, line in _FRAME.findall(printed) if (place := own_place(file, line))]
    place = places[-1] if places else ""
    return Failure("broken", f"the map maker {kind} before the map was done: {last[:500]}{at(place)}", kind, place)


def without_texts(printed: str, texts: Iterable[str]) -> str:
    """Return what a process printed, each of a reader's `texts` in it replaced by "…"."""
    for text in sorted({text.strip() for text in texts} - {""}, key=len, reverse=True):
        printed = printed.replace(text, "…")
    return printed


def said_of(error: BaseException) -> str:
    """Return the type of an error and what it says, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500].removesuffix(":")


def place_of(error: BaseException) -> str:
    """Return file and line of embedcore's own code where an error came up, innermost, as "embedcore/maps/make.py:9"."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((place for frame in reversed(frames) if (place := own_place(frame.filename, frame.lineno))), "")


def own_place(file: str, line: object) -> str:
    """Return "embedcore/maps/make.py:9" for a line of embedcore's own code, "" for any other."""
    path = Path(file)
    return f"{path.relative_to(PACKAGE.parent).as_posix()}:{line}" if path.is_relative_to(PACKAGE) else ""


def at(place: str) -> str:
    """Return the end of a sentence that names a place, or nothing where there is none."""
    return f" (at {place})" if place else ""
