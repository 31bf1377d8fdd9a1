"""Run every benchmark and print what was reached: ratios measured in one run, medians of many."""

import platform
from collections.abc import Callable
from typing import Final

from benchmarks import app, layer, positions
from benchmarks.timing import Line

PARTS: Final[tuple[Callable[[], list[Line]], ...]] = (layer.lines, positions.lines, app.lines)


def main() -> None:
    """Print a table: what, the figure, the target, the details."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(f"{'what':<70}{'figure':>12}  {'target':<12}details")
    for part in PARTS:
        for line in part():
            print(f"{line.what:<70}{line.figure:>12}  {line.target:<12}{line.details}", flush=True)


if __name__ == "__main__":
    main()
