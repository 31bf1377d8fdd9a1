"""How often the kernel has ended a process for lack of memory: this tells its signal 9 from anybody else's."""

from pathlib import Path
from typing import Final

_ROOT: Final = Path("/")


def memory_kills(root: Path = _ROOT) -> int | None:
    """Return how many processes of this control group (else of this machine) the kernel ended for lack of memory.

    None where nothing can be read. `root` is where /proc and /sys lie. Source: Linux' cgroup-v2.rst, "memory.events";
    cgroup-v1/memory.rst, "memory.oom_control"; /proc/vmstat since Linux 4.13.
    """
    counts = (_count(path) for path in [*_of_the_group(root), root / "proc/vmstat"])
    return next((count for count in counts if count is not None), None)


def _of_the_group(root: Path) -> list[Path]:
    """Return the files that may count for the control group of this process, version 2 first."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    groups = {controllers: path.strip("/") for _, controllers, path in (line.split(":", 2) for line in lines)}
    base, files = root / "sys/fs/cgroup", []
    if "" in groups:
        files += [base / groups[""] / "memory.events", base / "memory.events"]
    if "memory" in groups:
        files += [base / "memory" / path / "memory.oom_control" for path in (groups["memory"], "")]
    return files


def _count(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    counts = [line.split()[1] for line in lines if line.startswith("oom_kill ")]
    return int(counts[0]) if counts else None
