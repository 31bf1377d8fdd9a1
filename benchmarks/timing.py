"""Timing for noisy machines: contestants take turns in one run, and medians are compared."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parent.parent

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: what was measured, the figure, what it should reach, and the figures behind it."""

    what: str
    figure: str
    target: str
    details: str


def in_turns(contestants: Mapping[str, Callable[[], object]], *, rounds: int, settle: float = 0.0) -> dict[str, float]:
    """Return each contestant's median seconds over `rounds` rounds, in each of which all run once.

    With `settle`, a turn begins with untimed runs for so many seconds: threads of OpenBLAS and OpenMP spin for some
    25 ms after their work, on the cores that the next contestant needs, and its own threads have gone to sleep.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()  # warm
    for _ in range(rounds):
        for name, run in contestants.items():
            settled = time.perf_counter() + settle
            while time.perf_counter() < settled:
                run()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Return the seconds of one run and what it returned: for runs of many seconds, which cannot be repeated."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def milliseconds(medians: Mapping[str, float]) -> str:
    """Return medians in words: "ONNX Runtime 41.2 ms, copy 36.0 ms"."""
    return ", ".join(f"{name} {value * 1000:.3g} ms" for name, value in medians.items())
