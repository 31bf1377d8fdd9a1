"""Vectors → points: an exact principal component analysis, the same picture for every viewer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from embedcore.errors import EmbedcoreError, ShapeError

_ROWS_AT_ONCE: Final = 4096  # a float64 copy of a whole vocabulary would double the app's memory


@dataclass(frozen=True, slots=True)
class Projection:
    """Points of fitted vectors, and the linear map that places any other vector on the same axes.

    `explained_variance_ratio` is each component's share of the total variance, in [0, 1], falling.
    """

    coordinates: Float32[np.ndarray, "n n_components"]
    explained_variance_ratio: Float64[np.ndarray, " n_components"]
    mean: Float64[np.ndarray, " d_model"]
    components: Float64[np.ndarray, "n_components d_model"]

    def transform(self, vectors: Float[np.ndarray, "m d_model"]) -> Float32[np.ndarray, "m n_components"]:
        """Place other vectors of the same width on these axes, exactly. Raises ShapeError if the width differs."""
        if vectors.ndim != 2 or vectors.shape[1] != len(self.mean):
            msg = f"vectors have shape {list(vectors.shape)}, but the map was fitted on [n, {len(self.mean)}]"
            raise ShapeError(msg)
        points = np.empty((len(vectors), len(self.components)), np.float32)
        for rows in _blocks(len(vectors)):
            points[rows] = (vectors[rows].astype(np.float64) - self.mean) @ self.components.T
        return points


def project(
    vectors: Float[np.ndarray, "n d_model"], *, method: str = "pca", n_components: int = 2, seed: int = 0
) -> Projection:
    """Project `vectors` onto their `n_components` directions of greatest variance, in float64.

    `method` is "pca", the only one yet; it draws no random numbers, so `seed` changes nothing. n ≥ 2,
    1 ≤ n_components ≤ min(n, d_model); every value finite. Each component's largest entry is positive, so the picture
    has no free sign. Raises ShapeError otherwise, EmbedcoreError for another method. Source: Pearson 1901; exact, from
    the eigenvectors of the covariance matrix, which is summed over all rows in blocks.

    >>> project(np.array([[0.0, 0.0], [2.0, 0.0]]), n_components=1).coordinates   →   [[-1], [1]]
    """
    del seed
    if method != "pca":
        msg = f"there is no projection {method!r} yet; there is 'pca'"
        raise EmbedcoreError(msg)
    if vectors.ndim != 2 or len(vectors) < 2:
        msg = f"vectors have shape {list(vectors.shape)}, but a map needs [n, d_model] with at least 2 vectors"
        raise ShapeError(msg)
    most = min(vectors.shape)
    if not 1 <= n_components <= most:
        msg = f"{n_components} components of {list(vectors.shape)} vectors: choose 1 to {most}"
        raise ShapeError(msg)
    if not np.isfinite(vectors).all():
        n_bad = int((~np.isfinite(vectors).all(axis=1)).sum())
        msg = f"{n_bad:,} of {len(vectors):,} vectors hold NaN or infinite values: leave them out first"
        raise ShapeError(msg)
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]))
    for rows in _blocks(len(vectors)):
        centered = vectors[rows].astype(np.float64) - mean
        covariance += centered.T @ centered
    values, columns = np.linalg.eigh(covariance)  # ascending, one eigenvector a column
    components = columns[:, ::-1][:, :n_components].T
    components *= np.sign(components[np.arange(n_components), np.abs(components).argmax(axis=1)])[:, None]
    total = float(np.trace(covariance))
    largest = np.maximum(values[::-1][:n_components], 0.0)
    ratio = largest / total if total > 0 else np.zeros(n_components)  # equal rows have no variance to share out
    projection = Projection(np.zeros((0, n_components), np.float32), ratio, mean, np.ascontiguousarray(components))
    return replace(projection, coordinates=projection.transform(vectors))


def _blocks(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_AT_ONCE) for start in range(0, n_rows, _ROWS_AT_ONCE))
