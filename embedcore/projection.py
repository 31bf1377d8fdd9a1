"""Vectors → points: an exact principal component analysis, the same picture for every viewer."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from embedcore.errors import ShapeError


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
        return ((vectors.astype(np.float64) - self.mean) @ self.components.T).astype(np.float32)


def project(vectors: Float[np.ndarray, "n d_model"], *, n_components: int = 2) -> Projection:
    """Project `vectors` onto their `n_components` directions of greatest variance, in float64.

    n ≥ 2, 1 ≤ n_components ≤ min(n, d_model); every value finite. Each component's largest entry is positive, so
    the picture has no free sign. Raises ShapeError otherwise. Source: Pearson 1901; scikit-learn's exact solver
    over the covariance matrix.

    >>> project(np.array([[0.0, 0.0], [2.0, 0.0]]), n_components=1).coordinates   →   [[-1], [1]]
    """
    from sklearn.decomposition import PCA  # slow to import, and not every page draws a map

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
    pca = PCA(n_components, svd_solver="covariance_eigh" if len(vectors) > vectors.shape[1] else "full")
    with np.errstate(invalid="ignore"):  # equal rows have no variance to share out: 0 / 0, mended below
        points = pca.fit_transform(vectors.astype(np.float64))
    signs = np.sign(pca.components_[np.arange(n_components), np.abs(pca.components_).argmax(axis=1)])
    return Projection(
        coordinates=(points * signs).astype(np.float32),
        explained_variance_ratio=np.nan_to_num(pca.explained_variance_ratio_),
        mean=pca.mean_,
        components=pca.components_ * signs[:, None],
    )
