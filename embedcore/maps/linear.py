"""Vectors → points along directions: exact principal components, and axes of the reader's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from embedcore.errors import ShapeError
from embedcore.maps.principal import Centered, principal
from embedcore.space.metrics import check_rows
from embedcore.values import ByContent

Progress = Callable[[str, float], None]  # what is being done, and its share that is done, in [0, 1]
_ROWS_AT_ONCE: Final = 2048
# What float32 products are good for: mean squares in this range, not too small beside the mean's own square, and
# components down to a thousandth of the first one's variance (float64's: a billionth).
_SMALL: Final = 1e-20
_LARGE: Final = 1e28
_NEAR: Final = 1e-10
_RESOLVED_FLOAT32: Final = 1e-3
_RESOLVED_FLOAT64: Final = 1e-9
_TIE: Final = 1e-4  # entries nearer than this to the largest are as large: rounding must not choose between them


@dataclass(frozen=True, slots=True, eq=False)
class Projection(ByContent):
    """Points of fitted vectors, and a way to place any other vector among them (each method has its own)."""

    coordinates: Float32[np.ndarray, "n n_components"]
    method: str

    @property
    def n_components(self) -> int:
        """How many dimensions the map has."""
        return self.coordinates.shape[1]

    def transform(self, vectors: Float[np.ndarray, "m d_model"]) -> Float32[np.ndarray, "m n_components"]:
        """Place other vectors of the same width on the map. Raises ShapeError if the width differs."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class LinearProjection(Projection):
    """A linear map onto directions, "pca" or "axes": other vectors are placed exactly.

    `explained_variance_ratio` is each direction's share of the total variance, in [0, 1].
    """

    explained_variance_ratio: Float64[np.ndarray, " n_components"]
    mean: Float64[np.ndarray, " d_model"]
    components: Float64[np.ndarray, "n_components d_model"]

    @property
    def explained_share(self) -> float:
        """The share of the total variance that all these directions explain together; above 1 where they overlap."""
        return float(self.explained_variance_ratio.sum())

    def transform(self, vectors: Float[np.ndarray, "m d_model"]) -> Float32[np.ndarray, "m n_components"]:
        """Place other vectors of the same width on these axes, in float64.

        Raises ShapeError if the width differs, or a point would not be finite in float32.
        """
        check_width(vectors, len(self.mean))
        return _on_axes(vectors, self.mean, self.components)

    def select(self, components: Sequence[int]) -> "LinearProjection":
        """Return the map onto some of the components, counted from 0. Raises ShapeError for one that is not there."""
        chosen = list(components)
        if not chosen or not all(0 <= component < self.n_components for component in chosen):
            msg = f"components {chosen} of a map with 0…{self.n_components - 1}: choose among these"
            raise ShapeError(msg)
        return LinearProjection(
            np.ascontiguousarray(self.coordinates[:, chosen]),
            self.method,
            self.explained_variance_ratio[chosen],
            self.mean,
            self.components[chosen],
        )


def principal_components(vectors: Float[np.ndarray, "n d_model"], n_components: int) -> LinearProjection:
    """Project `vectors` onto the directions of greatest variance, exact, without random numbers.

    n ≥ 2, 1 ≤ n_components ≤ min(n, d_model). The first of each component's largest entries (within 1e-4 of the
    largest) is positive, so the picture has no free sign. Rows may lie from 1e-30 to 1e30 apart, and one direction may
    be a million times another: a point is within 1e-5 of its row's distance from the mean, a component within 1e-4
    where its variance stands alone, and a share is 0 where the rows do not differ. Every value finite; raises
    ShapeError otherwise. Source: Pearson 1901; the eigenvectors of the covariance matrix, over all rows.

    >>> principal_components(np.array([[0.0, 0.0], [2.0, 0.0]]), 1).coordinates
    array([[-1.],
           [ 1.]], dtype=float32)
    """
    if vectors.ndim != 2 or len(vectors) < 2:
        msg = f"vectors have shape {list(vectors.shape)}, but a map needs [n, d_model] with at least 2 vectors"
        raise ShapeError(msg)
    most = min(vectors.shape)
    if not 1 <= n_components <= most:
        msg = f"{n_components} components of {list(vectors.shape)} vectors: choose 1 to {most}"
        raise ShapeError(msg)
    if not np.issubdtype(vectors.dtype, np.floating):
        check_rows(vectors, name="the vectors")
    ordinary = _ordinary(vectors, n_components)
    mean, components, ratio = ordinary or principal(vectors, n_components)
    components = _signed(components)
    points = _on_axes(vectors, mean, components, is_rough=ordinary is not None)
    points[:, ratio == 0] = 0.0  # nothing but rounding
    return LinearProjection(points, "pca", ratio, mean, components)


def along(vectors: Float[np.ndarray, "n d_model"], directions: Float[np.ndarray, "n_components _"]) -> LinearProjection:
    """Project `vectors` onto directions of the reader's own, each made one long; where both are 0 lies the zero vector.

    A coordinate is the dot product with the unit direction, in float64; directions need not be at right angles. Raises
    ShapeError for a direction of zero length or another width, a value that is not finite, and rows that lie less than
    1e-30 or more than 1e30 apart.
    """
    check_rows(vectors, name="the vectors")
    check_rows(directions, name="the directions")
    check_width(directions, vectors.shape[1])
    wide = directions.astype(np.float64)
    largest = np.abs(wide).max(axis=1)
    if not (largest > 0).all():
        msg = f"direction {int(largest.argmin()) + 1} of {len(largest)} has length 0: it points nowhere; write another"
        raise ShapeError(msg)
    wide /= largest[:, None]
    components = wide / np.sqrt((wide**2).sum(axis=1))[:, None]
    ratio = Centered.of(vectors).shares(components)
    origin = np.zeros(vectors.shape[1])
    return LinearProjection(_on_axes(vectors, origin, components), "axes", ratio, origin, components)


def check_width(vectors: np.ndarray, d_model: int) -> None:
    """Raise ShapeError unless `vectors` are [m, d_model]."""
    if vectors.ndim != 2 or vectors.shape[1] != d_model:
        msg = f"vectors have shape {list(vectors.shape)}, but the map was fitted on [n, {d_model}]"
        raise ShapeError(msg)


def _ordinary(
    vectors: np.ndarray, n_components: int
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "k d"], Float64[np.ndarray, " k"]] | None:
    """Return mean, components and shares by the products of the vectors' own type; None where its digits do not do.

    They do where no square leaves the type's range, the rows lie not much nearer to their mean than the mean is long,
    and every component that is asked for is large beside the first.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, covariance = _covariance(vectors)
        total = float(np.trace(covariance))
    size = total / len(vectors)
    if not (_SMALL <= size <= _LARGE and size >= _NEAR * float(mean @ mean)):
        return None
    values, columns = np.linalg.eigh(covariance)  # ascending; each column is an eigenvector
    largest = values[::-1][:n_components]
    if largest[-1] < (_RESOLVED_FLOAT64 if vectors.dtype == np.float64 else _RESOLVED_FLOAT32) * largest[0]:
        return None
    return mean, columns[:, ::-1][:, :n_components].T, largest / total


def _signed(components: Float64[np.ndarray, "k d"]) -> Float64[np.ndarray, "k d"]:
    """Return the components with the sign that makes the first of each one's largest entries positive."""
    sizes = np.abs(components)
    first = (sizes >= (1 - _TIE) * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
    return np.ascontiguousarray(components * np.sign(components[np.arange(len(components)), first])[:, None])


def _covariance(vectors: np.ndarray) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
    """Return the mean and Σ (x − mean)(x − mean)ᵀ: products in float32 where the vectors are, sums in float64.

    A float32 block is centered by the mean's float32 neighbor, which keeps the digits of a small spread around a large
    mean; what that neighbor is off by is taken out at the end, exactly.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    if not np.isfinite(mean).all():
        check_rows(vectors, name="the vectors")
    dtype: Any = np.float64 if vectors.dtype == np.float64 else np.float32
    near = mean.astype(dtype)
    total = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        centered = vectors[start : start + _ROWS_AT_ONCE].astype(dtype) - near
        total += centered.T @ centered
    off = mean - near
    return mean, total - len(vectors) * np.outer(off, off)


def _on_axes(
    vectors: np.ndarray, mean: np.ndarray, components: np.ndarray, *, is_rough: bool = False
) -> Float32[np.ndarray, "m n_components"]:
    """Return the coordinates of vectors, by float64 products, or by those of the vectors' own type where that does."""
    dtype: Any = np.float32 if is_rough and vectors.dtype != np.float64 else np.float64
    near = mean.astype(dtype)
    off = (mean - near) @ components.T
    points = np.empty((len(vectors), len(components)), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            points[rows] = (vectors[rows].astype(dtype) - near) @ components.T.astype(dtype) - off
    if not np.isfinite(points).all():
        check_rows(vectors, name="the vectors")
        msg = f"a vector holds {float(np.abs(vectors).max()):.3g}, but a point must fit float32, 3e38: scale it down"
        raise ShapeError(msg)
    return points
