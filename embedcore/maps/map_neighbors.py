"""Points of a drawn map → each point's nearest others, exact, also where many points lie on one spot."""

from typing import Final

import numpy as np
from jaxtyping import Float64, Int64, Real

from embedcore.engine.threads import n_threads
from embedcore.errors import ShapeError

_SPARE: Final = 4  # how many more spots are looked up than are needed, for ties at the end of the list


def map_neighbors(coordinates: Real[np.ndarray, "n c"], k: int) -> Int64[np.ndarray, "n k"]:
    """Return the `k` nearest other points of every point on a map, nearest first, equally near ones by lower id.

    1 ≤ k < n; c ≥ 1; every coordinate is finite, and may be a step of a raster. Distances are Euclidean, in
    float64: on a raster equal ones are equal to the bit. A point is never its own neighbor, and on a raster, where many
    points share a spot, none is lost. Raises ShapeError otherwise.

    >>> map_neighbors(np.array([[0], [5], [0], [6]]), 2)
    array([[2, 1],
           [3, 0],
           [0, 1],
           [1, 0]])
    """
    _check(coordinates, k)
    # Many points on one spot would fill a tree's answer, so the tree holds spots, and each spot gives its points.
    spots, spot_of, sizes = np.unique(coordinates.astype(np.float64), axis=0, return_inverse=True, return_counts=True)
    members = np.argsort(spot_of, kind="stable")  # spot by spot, ascending ids within each
    first = np.cumsum(sizes) - sizes
    lent = np.minimum(sizes, k + 1)  # of one spot no more than its k + 1 lowest ids can be among k neighbors
    distances, near = _nearest_spots(spots, lent, k + 1)
    is_needed = np.isfinite(distances)
    askers, near, distances = np.nonzero(is_needed)[0], near[is_needed], distances[is_needed]
    repeats = lent[near]
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    ids = members[np.repeat(first[near], repeats) + within]
    askers = np.repeat(askers, repeats)
    order = np.lexsort((ids, np.repeat(distances, repeats), askers))
    starts = np.searchsorted(askers, np.arange(len(spots)))  # lexsort keeps askers in place: they ascend already
    nearest = ids[order][starts[:, None] + np.arange(k + 1)][spot_of]
    is_self = nearest == np.arange(len(coordinates))[:, None]
    is_self[~is_self.any(axis=1), -1] = True  # more than k others share its spot and have lower ids: drop the last
    return nearest[~is_self].reshape(-1, k)


def _nearest_spots(
    spots: Float64[np.ndarray, "n_spots c"], lent: Int64[np.ndarray, " n_spots"], n_points: int
) -> tuple[Float64[np.ndarray, "n_spots n_columns"], Int64[np.ndarray, "n_spots n_columns"]]:
    """Return distances to spots, and the spots, of all that hold the `n_points` nearest, ties at the end included.

    The first one is the spot itself. Spots that are not needed have an infinite distance.
    """
    from scipy.spatial import cKDTree  # scipy takes a third of a second to import, and few pages need it

    tree = cKDTree(spots, balanced_tree=False, compact_nodes=False)
    n_columns, is_open = 0, np.arange(len(spots))
    distances, near = np.zeros((len(spots), 0)), np.zeros((len(spots), 0), np.int64)
    while len(is_open):
        n_columns = min(len(spots), max(n_points + _SPARE, 2 * n_columns))
        wider = n_columns - distances.shape[1]
        distances = np.pad(distances, ((0, 0), (0, wider)), constant_values=np.inf)
        near = np.pad(near, ((0, 0), (0, wider)))
        columns = range(
            1, n_columns + 1
        )  # a range, since scipy gives no axis to a single column that a number asks for
        open_distances, open_spots = tree.query(spots[is_open], k=columns, workers=n_threads())
        enough = (np.cumsum(lent[open_spots], axis=1) >= n_points).argmax(axis=1)
        last = np.take_along_axis(open_distances, enough[:, None], axis=1)
        distances[is_open], near[is_open] = np.where(open_distances <= last, open_distances, np.inf), open_spots
        is_open = is_open[(open_distances[:, -1:] <= last)[:, 0]] if n_columns < len(spots) else is_open[:0]
    return distances, near


def _check(coordinates: np.ndarray, k: int) -> None:
    if coordinates.ndim != 2 or 0 in coordinates.shape:
        msg = f"a map has shape {list(coordinates.shape)}, but must be [n, c] with at least one point and one axis"
        raise ShapeError(msg)
    if not 1 <= k < len(coordinates):
        most = len(coordinates) - 1
        msg = f"a map of {len(coordinates):,} points has no {k:,} neighbors: " + (
            f"choose k from 1 to {most:,}" if most else "give it two points or more"
        )
        raise ShapeError(msg)
    is_finite = np.isfinite(coordinates).all(axis=1)
    if not is_finite.all():
        n_bad = int((~is_finite).sum())
        msg = f"{n_bad:,} of {len(coordinates):,} points of a map are NaN or infinite: compute the map again"
        raise ShapeError(msg)
