"""Awkward tables, each with its name: what every function that takes vectors is tried on."""

import numpy as np


def _base(n: int = 40, d: int = 12, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(n, d)) * np.linspace(3, 1, d) + 0.3


def _long(factor: float) -> np.ndarray:
    """Return a table that is `factor` times as long in one direction, which is not an axis, as in the others."""
    random = np.random.default_rng(1)
    turn = np.linalg.qr(random.normal(size=(12, 12)))[0]
    return (random.normal(size=(40, 12)) * np.array([factor, 2.0, 1.5, *np.linspace(1, 0.5, 9)])) @ turn


def _tables() -> dict[str, np.ndarray]:
    base = _base()
    some = base.copy()
    some[[3, 7, 20]] = 0
    parallel = np.outer(np.linspace(1, 5, 40), base[0])
    few = base[np.arange(40) % 3]
    unit = base / np.linalg.norm(base, axis=1)[:, None]
    wide = np.zeros((40, 24))
    wide[:, ::2] = base
    frozen = base.astype(np.float32)
    frozen.flags.writeable = False
    tables: dict[str, np.ndarray] = {
        f"scale {scale:g}": (base * scale).astype(np.float32) for scale in (1e-30, 1e-25, 1e-12, 1.0, 1e12, 1e25, 1e29)
    }
    tables |= {f"float64 scale {scale:g}": base * scale for scale in (1e-25, 1e25)}
    tables |= {f"a direction × {factor:g}": _long(factor).astype(np.float32) for factor in (1e3, 1e6)}
    tables |= {f"float64, a direction × {factor:g}": _long(factor) for factor in (1e3, 1e6)}
    tables |= {
        "all rows equal": np.full((40, 12), 0.1, np.float32),
        "all rows equal, float64": np.tile(base[:1] / 7, (40, 1)),
        "all rows zero": np.zeros((40, 12), np.float32),
        "some rows zero": some.astype(np.float32),
        "parallel rows": parallel.astype(np.float32),
        "parallel rows, float64": parallel,
        "many equal rows": few.astype(np.float32),
        "unit rows": unit.astype(np.float32),
        "a small spread around a large mean": (1e4 + 1e-2 * base).astype(np.float32),
        "a small spread, float64": 1e6 + 1e-6 * base,
        "float64": base,
        "float16": base.astype(np.float16),
        "Fortran order": np.asfortranarray(base.astype(np.float32)),
        "every second column": wide.astype(np.float32)[:, ::2],
        "rows from the last": base.astype(np.float32)[::-1],
        "read-only": frozen,
        "one column": base[:, :1].astype(np.float32),
        "one row": base[:1].astype(np.float32),
        "two rows": base[:2].astype(np.float32),
        "fewer rows than dimensions": base[:5].astype(np.float32),
        "a row of subnormal numbers": np.concatenate((base[:39], np.full((1, 12), 1e-41))).astype(np.float32),
        "one huge row": np.concatenate((base[:39], np.full((1, 12), 1e20))).astype(np.float32),
    }  # fmt: skip
    return tables


TABLES = _tables()
# What no function may take: each must say so by a ShapeError.
REFUSED = {
    "a NaN": np.where(np.arange(12) == 3, np.nan, _base()).astype(np.float32),
    "an infinity": np.where(np.arange(12) == 3, np.inf, _base()).astype(np.float32),
    "whole numbers": np.arange(48).reshape(12, 4),
    "float64 beyond its squares": _base() * 1e200,
    "float64 below its squares": _base() * 1e-200,
}
