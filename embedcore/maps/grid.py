"""The 16-bit raster of a map: how its points are stored and how they travel, half the bytes of float32."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int16

from embedcore.errors import ShapeError
from embedcore.values import ByContent

_FIRST: Final = -32_767
_STEPS: Final = 65_534


@dataclass(frozen=True, slots=True, eq=False)
class Grid(ByContent):
    """A raster of int16: `origin` is its lowest corner, at step −32,767; `unit` the width of a step on every axis."""

    origin: Float64[np.ndarray, " n_components"]
    unit: float

    @classmethod
    def of(cls, coordinates: Float[np.ndarray, "n n_components"]) -> "Grid":
        """Return the finest raster on which all `coordinates` lie; points on one spot give one of their own size.

        Raises ShapeError for a coordinate that is not finite.
        """
        low, high = coordinates.min(axis=0).astype(np.float64), coordinates.max(axis=0).astype(np.float64)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            n_bad = int((~np.isfinite(coordinates).all(axis=1)).sum())
            msg = f"{n_bad:,} of {len(coordinates):,} points of a map are NaN or infinite: compute the map again"
            raise ShapeError(msg)
        return cls(low, (float((high - low).max()) or float(np.abs(low).max()) or 1.0) / _STEPS)

    def place(self, coordinates: Float[np.ndarray, "n n_components"]) -> Float32[np.ndarray, "n n_components"]:
        """Return `coordinates` in steps, not rounded; what lies outside the raster stays outside."""
        return ((coordinates - self.origin) / self.unit + _FIRST).astype(np.float32)

    def steps(self, coordinates: Float[np.ndarray, "n n_components"]) -> Int16[np.ndarray, "n n_components"]:
        """Return the nearest steps of coordinates on the raster: half a unit off at most."""
        steps: Int16[np.ndarray, "n n_components"] = np.rint((coordinates - self.origin) / self.unit + _FIRST).astype(
            np.int16
        )
        return steps

    def coordinates(self, steps: Int16[np.ndarray, "n n_components"]) -> Float32[np.ndarray, "n n_components"]:
        """Return where steps lie."""
        return ((steps.astype(np.float64) - _FIRST) * self.unit + self.origin).astype(np.float32)
