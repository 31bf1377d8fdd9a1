"""Groups of points on a map → clusters, and the tokens that name each."""

from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float, Float64, Int16, Int64, Real

from embedcore.errors import ShapeError
from embedcore.space.metrics import check_rows, row_lengths

NO_CLUSTER: Final = -1
_MOST: Final = np.iinfo(np.int16).max


def cluster(coordinates: Real[np.ndarray, "n c"], *, min_cluster_size: int = 10) -> Int16[np.ndarray, " n"]:
    """Return each point's cluster on a map: 0 is the largest, −1 is none; equal sizes go by their lowest id.

    2 ≤ min_cluster_size ≤ n, every coordinate finite. A map that is one cluster has no clusters. No random numbers are
    drawn. HDBSCAN (Campello, Moulavi and Sander 2013) as scikit-learn runs it: about 6 seconds for 50,257 points, and
    the time grows with their square. Raises ShapeError for other values, and above 32,767 clusters.

    >>> cluster(np.array([[0], [1], [2], [50], [51], [52], [53]]), min_cluster_size=3)
    array([1, 1, 1, 0, 0, 0, 0], dtype=int16)
    """
    _check(coordinates, min_cluster_size)
    from sklearn.cluster import HDBSCAN  # scikit-learn takes a second to import, and one color of one page needs it

    # Leaves, not the excess of mass: a table's rare or untrained rows make one cluster that holds most of the map, and
    # the excess of mass stops at it. One neighbor is enough to make a point dense: more would call the small islands
    # that one can read (digits, operators, modal verbs) noise.
    model = HDBSCAN(min_cluster_size=min_cluster_size, min_samples=1, cluster_selection_method="leaf", copy=True)
    return _renumbered(model.fit_predict(coordinates.astype(np.float64)))


def central_tokens(
    labels: Int16[np.ndarray, " _"], vectors: Float[np.ndarray, "n d_model"], n_tokens: int = 3
) -> tuple[tuple[int, ...], ...]:
    """Return the ids of the `n_tokens` most central members of each cluster, most central first: its name.

    Central is a large cosine of the token's own vector with the mean of its cluster's unit vectors (0 for a zero
    vector); equal ones, to 12 digits, go by id. Item i is of cluster i; `labels` as `cluster` gives them, n_tokens ≥ 1;
    a cluster of fewer members has fewer names. Raises ShapeError for other lengths, and where a row is not finite.

    >>> central_tokens(np.array([0, 0, 0, -1], np.int16), np.array([[1.0, 0], [1, 1], [0, 1], [9, 9]]), 1)
    ((1,),)
    """
    _check_labels(labels, vectors)
    if n_tokens < 1:
        msg = f"{n_tokens} tokens name no cluster: choose 1 or more"
        raise ShapeError(msg)
    lengths = row_lengths(vectors)
    members = np.argsort(labels, kind="stable")  # cluster by cluster, ascending ids within each
    bounds = np.searchsorted(labels[members], np.arange(int(labels.max()) + 2))
    return tuple(_central(members[start:stop], vectors, lengths, n_tokens) for start, stop in pairwise(bounds.tolist()))


def cohesion(
    labels: Int16[np.ndarray, " n"], vectors: Float[np.ndarray, "n d_model"]
) -> Float64[np.ndarray, " n_clusters"]:
    """Return how much the members of each cluster point one way: how long the mean of their unit vectors is, in [0, 1].

    1 means that all have one direction; m random directions come to √(1/m). Raises ShapeError as `central_tokens` does.
    """
    _check_labels(labels, vectors)
    lengths = row_lengths(vectors)
    n_clusters = int(labels.max()) + 1
    is_in = labels >= 0
    units = vectors[is_in] / np.where(lengths[is_in] > 0, lengths[is_in], 1.0)[:, None]
    sums = np.zeros((n_clusters, vectors.shape[1]))
    np.add.at(sums, labels[is_in], units)
    counts = np.bincount(labels[is_in], minlength=n_clusters)
    return np.minimum(np.sqrt((sums**2).sum(axis=1)) / counts, 1.0)


def _check_labels(labels: np.ndarray, vectors: np.ndarray) -> None:
    check_rows(vectors, name="the table")
    if labels.shape != (len(vectors),):
        msg = f"labels have shape {list(labels.shape)}, but there are {len(vectors):,} vectors: give one label for each"
        raise ShapeError(msg)


def _central(
    members: Int64[np.ndarray, " n_members"], vectors: np.ndarray, lengths: np.ndarray, n_tokens: int
) -> tuple[int, ...]:
    units = vectors[members] / np.where(lengths[members] > 0, lengths[members], 1.0)[:, None]
    # The two members of a pair are equally central, save for rounding: it must not choose between them.
    closeness = np.round(units @ units.mean(axis=0), 12)
    return tuple(members[np.argsort(-closeness, kind="stable")[:n_tokens]].tolist())


def _renumbered(assignment: Int64[np.ndarray, " n"]) -> Int16[np.ndarray, " n"]:
    is_in = assignment >= 0  # scikit-learn marks noise with −1
    _, first, index, sizes = np.unique(assignment[is_in], return_index=True, return_inverse=True, return_counts=True)
    if len(sizes) > _MOST:
        msg = (
            f"{len(sizes):,} clusters are more than {_MOST:,}, the most that are kept: choose a larger min_cluster_size"
        )
        raise ShapeError(msg)
    labels = np.full(len(assignment), NO_CLUSTER, np.int16)
    labels[is_in] = np.argsort(np.lexsort((first, -sizes)))[index]
    return labels


def _check(coordinates: np.ndarray, min_cluster_size: int) -> None:
    check_rows(coordinates.astype(np.float64), name="the map")
    if not 2 <= min_cluster_size <= len(coordinates):
        msg = f"clusters of {min_cluster_size:,} of a map of {len(coordinates):,} points: " + (
            f"choose a min_cluster_size from 2 to {len(coordinates):,}"
            if len(coordinates) > 1
            else "it takes 2 points or more"
        )
        raise ShapeError(msg)
