"""The clusters of a map as a reader meets them: in an order, each with its size and the tokens that name it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int16, Int64

from embedcore.maps.clusters import central_tokens, cohesion
from embedcore.maps.linear import LinearProjection
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class NamedClusters(ByContent):
    """A map's clusters, those whose members are most alike first: their numbers, sizes, likeness, central token ids."""

    clusters: Int64[np.ndarray, " n_clusters"]
    sizes: Int64[np.ndarray, " n_clusters"]
    cohesion: Float64[np.ndarray, " n_clusters"]
    central: tuple[tuple[int, ...], ...]


def name_clusters(
    labels: Int16[np.ndarray, " n"],
    vectors: Float[np.ndarray, "n d_model"],
    ids: Int64[np.ndarray, " n"],
    first: LinearProjection,
    *,
    n_tokens: int,
) -> NamedClusters:
    """Order clusters by how alike their members are, and name each by the ids of its `n_tokens` most central ones.

    `labels` are the cluster of each vector, as `cluster` gives them, with one cluster at least; `ids` are the vectors'
    token ids. `first` is their first principal component, which is taken out of them before they are compared: rows
    that training met little share one direction, and without it what is left is what they have in common.
    """
    rest = vectors - first.mean - first.coordinates * first.components[0]
    alike = cohesion(labels, rest)
    order = np.argsort(-alike, kind="stable")
    central = central_tokens(labels, rest, n_tokens)
    return NamedClusters(
        order,
        np.bincount(labels[labels >= 0])[order],
        alike[order],
        tuple(tuple(int(ids[row]) for row in central[cluster]) for cluster in order.tolist()),
    )
