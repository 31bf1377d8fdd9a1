"""Measure ratios against peers and against the physical limit in one run: `python -m benchmarks`."""
