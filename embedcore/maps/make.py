"""Vectors → a finished map: the exact neighbor graph, the layout from it, its fidelity, its clusters."""

from typing import Final

import numpy as np
from jaxtyping import Float

from embedcore.maps.clusters import NO_CLUSTER, cluster
from embedcore.maps.fidelity import fidelity
from embedcore.maps.file import StoredMap, vectors_sha256
from embedcore.maps.layouts import lay_out
from embedcore.maps.linear import LinearProjection, Progress
from embedcore.maps.methods import METHODS
from embedcore.maps.recipe import MIN_CLUSTER_SIZE, N_NEIGHBORS, Recipe

N_COMPONENTS: Final = 10  # how many principal components a reader may look along


def make_map(
    vectors: Float[np.ndarray, "n d_model"],
    recipe: Recipe,
    *,
    directions: Float[np.ndarray, "n_components d_model"] | None = None,
    progress: Progress | None = None,
) -> StoredMap:
    """Make the map of `recipe` and measure it; `directions` are the axes of the method "axes".

    Raises ShapeError where the rows are too few, equal or not finite. `progress` is told what is being done and its
    share that is done, in [0, 1]; what it raises ends the work.
    """
    row = METHODS.get(recipe.method)
    report = progress or (lambda doing, share: None)
    projection = (
        draw(vectors, recipe, directions=directions)
        if row is not None and row.has_axes
        else lay_out(vectors, method=recipe.method, n_components=recipe.n_components, seed=recipe.seed, progress=report)
    )
    k = min(N_NEIGHBORS, (len(vectors) - 1) // 2)  # below 31 rows, as many neighbors as the measure allows
    [measured] = fidelity(vectors, [projection.coordinates], k=k, progress=lambda share: report("fidelity", share))
    report("clusters", 0.0)
    is_layout = not isinstance(projection, LinearProjection)
    clusters = (
        cluster(projection.coordinates, min_cluster_size=min(MIN_CLUSTER_SIZE, len(vectors)))
        if is_layout
        else np.full(len(vectors), NO_CLUSTER, np.int16)
    )
    report("clusters", 1.0)
    provenance = {
        **recipe.to_json(),
        "library": METHODS[recipe.method].library_version,
        "parameters": {"n_neighbors": N_NEIGHBORS, "metric": "cosine", **METHODS[recipe.method].parameters}
        if is_layout
        else {},
        "vectors_sha256": vectors_sha256(vectors),
        "mean_overlap": measured.mean_overlap,
        "mean_trustworthiness": measured.mean_trustworthiness,
        "n_clusters": int(clusters.max()) + 1,
        "min_cluster_size": MIN_CLUSTER_SIZE,
    }
    return StoredMap(projection.coordinates, measured, clusters, provenance)


def draw(
    vectors: Float[np.ndarray, "n d_model"],
    recipe: Recipe,
    *,
    directions: Float[np.ndarray, "n_components d_model"] | None = None,
) -> LinearProjection:
    """Return the linear map of `recipe`: at once, exact. Raises ShapeError as `project` and `along` do."""
    projection: LinearProjection = METHODS[recipe.method].make(vectors, recipe, directions)
    return projection
