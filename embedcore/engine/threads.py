"""How many threads the library's own work takes: one setting, for sessions, nearest points on a map, and t-SNE."""

import math
import os
import re
from pathlib import Path
from typing import Final

from embedcore.errors import EmbedcoreError

VARIABLE: Final = "EMBEDCORE_THREADS"
MOST: Final = 1_024  # a larger number is a slip: threads beyond the cores only cost
DEFAULT_LIMIT: Final = 8
# Of control groups, version 2: "200000 100000" is two cores, "max 100000" no bound.
_QUOTA_FILE: Final = Path("/sys/fs/cgroup/cpu.max")


def n_threads() -> int:
    """Return how many threads to take: `EMBEDCORE_THREADS`, or the cores that this process may use, 8 at the most.

    Searching a table and summing rows are bound by memory, whose bandwidth a few cores use up, and a server has several
    readers at once: so the default stops at 8. No promised result depends on the number. The variable is read at
    each call; what is open already (a session) keeps the number that it was opened with.

    Raises EmbedcoreError if the variable is anything but a whole number from 1 to 1,024.
    """
    written = os.environ.get(VARIABLE, "").strip()
    if not written:
        return min(usable_cores(), DEFAULT_LIMIT)
    if re.fullmatch("[0-9]{1,4}", written) is None or not 1 <= int(written) <= MOST:
        msg = (
            f"{VARIABLE} is {written[:40]!r}, but must be a whole number from 1 to {MOST:,}: set it to how many "
            f"threads the library may take, or unset it to take {min(usable_cores(), DEFAULT_LIMIT)}"
        )
        raise EmbedcoreError(msg)
    return int(written)


def usable_cores() -> int:
    """Return on how many cores this process may run: those of its affinity, and no more than its control group allows.

    A quota of two and a half cores counts as two; one of less than a core counts as one.
    """
    # Not on macOS or Windows: there every core may be used.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota()))


def _quota() -> int:
    """Return how many whole cores the control group allows; as many as `MOST` where it sets no bound."""
    try:
        quota, period = _QUOTA_FILE.read_text().split()
        return math.floor(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max", which is no number
        return MOST
