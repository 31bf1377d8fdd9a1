"""Vectors → points, by any of the methods that `embedcore.maps.methods` lists."""

import numpy as np
from jaxtyping import Float

from embedcore.errors import EmbedcoreError
from embedcore.maps.linear import Progress, Projection, principal_components
from embedcore.maps.methods import METHODS, projection_ids


def project(
    vectors: Float[np.ndarray, "n d_model"],
    *,
    method: str = "pca",
    n_components: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Projection:
    """Project `vectors` onto `n_components` dimensions.

    "pca" (n ≥ 2, 1 ≤ n_components ≤ min(n, d_model)): see `embedcore.maps.linear.principal_components`; it gives a
    LinearProjection.
    "tsne", "umap" and other layouts (n_components 2 or 3): see `embedcore.maps.layouts`; the same seed gives one
    picture on one machine.
    Every value finite. Raises ShapeError otherwise, EmbedcoreError for another method.

    >>> project(np.array([[0.0, 0.0], [2.0, 0.0]]), n_components=1).coordinates
    array([[-1.],
           [ 1.]], dtype=float32)
    """
    if method not in projection_ids():
        msg = f"there is no projection {method!r}; there are {', '.join(projection_ids())}"
        raise EmbedcoreError(msg)
    if METHODS[method].has_axes:
        return principal_components(vectors, n_components)
    from embedcore.maps.layouts import lay_out  # its libraries are large: a map by principal components needs none

    return lay_out(vectors, method=method, n_components=n_components, seed=seed, progress=progress)
