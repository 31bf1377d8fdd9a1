"""Run the benchmarks and print what was reached: ratios measured in one run, medians of many.

python -m benchmarks [PART …]: layer, positions, neighbors, maps, app; all of them where none is named.
"""

import argparse
import platform
from collections.abc import Callable
from typing import Final

from benchmarks import app, layer, maps, neighbors, positions
from benchmarks.timing import Line

PARTS: Final[dict[str, Callable[[], list[Line]]]] = {
    "layer": layer.lines,
    "positions": positions.lines,
    "neighbors": neighbors.lines,
    "maps": maps.lines,
    "app": app.lines,
}


def main() -> None:
    """Print a table of the parts that the command line names: what, the figure, the target, the details."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure ratios against peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all where none is named")
    chosen = parser.parse_args().parts or list(PARTS)
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}: choose from {', '.join(PARTS)}")
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(f"{'what':<70}{'figure':>12}  {'target':<12}details")
    for part in chosen:
        for line in PARTS[part]():
            print(f"{line.what:<70}{line.figure:>12}  {line.target:<12}{line.details}", flush=True)


if __name__ == "__main__":
    main()
