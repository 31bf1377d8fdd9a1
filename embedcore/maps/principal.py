"""Principal components of tables for which float32 is too coarse: in float64, level by level.

Where one direction is a thousand times another, the rounding of its square hides the square of the other. So the
directions of one level are found, made exact and taken out of the rows, and what is left is measured again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from embedcore.errors import ShapeError
from embedcore.space.metrics import check_rows, row_blocks
from embedcore.values import ByContent

SMALLEST: Final = 1e-30  # how far apart the rows of a table must lie, unless they are equal: float32 holds the points
LARGEST: Final = 1e30
_LEVEL: Final = 1e-9  # eigenvalues down to this share of the largest are found at once
_NOTHING: Final = 1e-28  # a variance below this share of the whole is left over from rounding: (10⁻¹⁴)²


@dataclass(frozen=True, slots=True, eq=False)
class Centered(ByContent):
    """Rows about their mean, in a unit of their own, a power of two: equal rows are 0 to the bit, no square is lost."""

    vectors: Float[np.ndarray, "n d_model"]
    origin: Float64[np.ndarray, " d_model"]
    unit: float
    center: Float64[np.ndarray, " d_model"]

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "n d_model"]) -> "Centered":
        """Measure `vectors`. Raises ShapeError for values that are not finite, and outside 1e-30 … 1e30."""
        check_rows(vectors, name="the vectors")
        origin, largest = vectors[0].astype(np.float64), 0.0
        for rows in row_blocks(*vectors.shape):
            largest = max(largest, float(np.abs(vectors[rows].astype(np.float64) - origin).max()))
        if largest and not SMALLEST <= largest <= LARGEST:
            msg = (
                f"the rows lie {largest:.3g} apart at most, but a map takes {SMALLEST:g} to {LARGEST:g}: "
                f"scale the table {'up' if largest < SMALLEST else 'down'}"
            )
            raise ShapeError(msg)
        unit = float(2.0 ** np.frexp(largest)[1]) if largest else 0.0
        center = np.zeros_like(origin)
        if unit:
            for rows in row_blocks(*vectors.shape):
                center += ((vectors[rows].astype(np.float64) - origin) / unit).sum(axis=0)
        return cls(vectors, origin, unit, center / len(vectors))

    @property
    def mean(self) -> Float64[np.ndarray, " d_model"]:
        """The mean row."""
        return self.origin + self.unit * self.center

    def blocks(self) -> Iterator[Float64[np.ndarray, "m d_model"]]:
        """Yield the rows about their mean, some at a time; the unit must not be 0."""
        for rows in row_blocks(*self.vectors.shape):
            yield (self.vectors[rows].astype(np.float64) - self.origin) / self.unit - self.center

    def shares(self, directions: Float64[np.ndarray, "k d_model"]) -> Float64[np.ndarray, " k"]:
        """Return each unit direction's share of the variance, in [0, 1]; 0 where the rows are equal."""
        if not self.unit:
            return np.zeros(len(directions))
        total, along = 0.0, np.zeros(len(directions))
        for block in self.blocks():
            total += float((block**2).sum())
            along += ((block @ directions.T) ** 2).sum(axis=0)
        return np.where(along > _NOTHING * total, along / total, 0.0)


def principal(
    vectors: Float[np.ndarray, "n d_model"], n_components: int
) -> tuple[Float64[np.ndarray, " d_model"], Float64[np.ndarray, "k d_model"], Float64[np.ndarray, " k"]]:
    """Return the mean, the first components (unit rows at right angles) and their shares of the variance, falling.

    Directions in which the rows do not differ have a share of exactly 0. Raises ShapeError as `Centered.of`.
    """
    spread = Centered.of(vectors)
    directions = np.zeros((0, vectors.shape[1]))
    largest = 0.0
    while spread.unit and len(directions) < n_components:
        values, columns = np.linalg.eigh(_covariance(spread, directions))  # ascending; each column is an eigenvector
        largest = largest or float(values[-1])
        if not values[-1] > _NOTHING * largest:
            break
        n_level = min(int((values >= _LEVEL * values[-1]).sum()), n_components - len(directions))
        directions = np.concatenate((directions, _exact(spread, directions, columns[:, ::-1][:, :n_level].T)))
    components = _completed(directions, n_components)
    shares = np.zeros(n_components)
    shares[: len(directions)] = spread.shares(directions)
    return spread.mean, components, shares


def _covariance(spread: Centered, directions: np.ndarray) -> np.ndarray:
    total = np.zeros((directions.shape[1], directions.shape[1]))
    for block in spread.blocks():
        left = _without(block, directions)
        total += left.T @ left
    return total


def _exact(spread: Centered, earlier: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """Take one step of the power method, which ends what the next level left in these directions; then turn them."""
    turned, directions = np.zeros_like(rough), rough
    for block in spread.blocks():
        left = _without(block, earlier)
        turned += (left @ rough.T).T @ left
    directions = np.linalg.qr(_without(turned, earlier).T)[0].T
    within = np.zeros((len(rough), len(rough)))
    for block in spread.blocks():
        points = block @ directions.T
        within += points.T @ points
    return np.linalg.eigh(within)[1][:, ::-1].T @ directions


def _without(rows: np.ndarray, directions: np.ndarray) -> np.ndarray:
    for _ in range(2 if len(directions) else 0):  # the second time takes out what the first one's rounding left
        rows = rows - (rows @ directions.T) @ directions
    return rows


def _completed(directions: np.ndarray, n_components: int) -> np.ndarray:
    """Return `directions` and, where they are fewer than `n_components`, axes at right angles to them."""
    missing = n_components - len(directions)
    if not missing:
        return directions
    axes = _without(np.eye(directions.shape[1]), directions)
    left, _, _ = np.linalg.svd(axes.T @ axes)
    return np.concatenate((directions, left[:, :missing].T))
