"""Two maps side by side: how one is laid on the other, and which tokens' neighborhoods changed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from embedcore.errors import ShapeError
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Alignment(ByContent):
    """The similarity that lays one map on another: it turns or mirrors, scales and shifts, and bends nothing.

    `residual` is what it leaves unexplained, as a share of the reference's own spread: 0 (the same shape) to 1
    (nothing in common).
    """

    rotation: Float64[np.ndarray, "c c"]
    scale: float
    shift: Float64[np.ndarray, " c"]
    residual: float

    def apply(self, coordinates: Float[np.ndarray, "n c"]) -> Float32[np.ndarray, "n c"]:
        """Lay any points of the moved map on the reference. Raises ShapeError if they have other axes."""
        if coordinates.ndim != 2 or coordinates.shape[1] != len(self.shift):
            msg = f"points have shape {list(coordinates.shape)}, but the alignment is of maps [n, {len(self.shift)}]"
            raise ShapeError(msg)
        points = self.scale * (coordinates.astype(np.float64) @ self.rotation) + self.shift
        if not np.abs(points).max(initial=0.0) <= np.finfo(np.float32).max:
            msg = f"{len(points):,} points do not fit float32 (3e38) where they are laid: compute the map again"
            raise ShapeError(msg)
        return points.astype(np.float32)


def procrustes(reference: Float[np.ndarray, "m c"], moved: Float[np.ndarray, "_ _"]) -> Alignment:
    """Return the similarity transform that lays `moved` on `reference`, point by point, with least squares.

    Row i of both is the same token; m ≥ 2, and neither map all on one spot. Mirroring is allowed, for a map has no
    handedness. Raises ShapeError otherwise. Source: Schönemann 1966 for the rotation, Schönemann and Carroll 1970 for
    scale and shift.

    >>> procrustes(np.array([[0.0, 0], [2, 0]]), np.array([[0.0, 1], [0, 2]])).scale
    2.0
    """
    _check_maps(reference, moved)
    (center, target), (from_center, source) = _centered(reference), _centered(moved)
    left, values, right = np.linalg.svd(source.T @ target)
    rotation = left @ right
    scale = float(values.sum() / (source**2).sum())
    missed = target - scale * (source @ rotation)
    residual = min(float((missed**2).sum() / (target**2).sum()), 1.0)
    return Alignment(rotation, scale, center - scale * (from_center @ rotation), residual)


def neighborhood_change(left: Int64[np.ndarray, "n k"], right: Int64[np.ndarray, "_ _"]) -> Float32[np.ndarray, " n"]:
    """Return the share of each token's `k` neighbors on the left that are none on the right, in [0, 1].

    Row i of both is the same token, and neighbors count from the same ids: for two vocabularies take the neighbors
    among the shared rows alone. k ≥ 1; no id twice in a row; the order within a row does not matter. Raises ShapeError
    if the shapes differ.

    >>> neighborhood_change(np.array([[1, 2]]), np.array([[3, 1]]))
    array([0.5], dtype=float32)
    """
    if left.ndim != 2 or left.shape != right.shape or left.shape[1] == 0:
        msg = (
            f"neighbors have shapes {list(left.shape)} and {list(right.shape)}, but must be the same [n, k], k from 1: "
            "ask both maps for the same tokens and the same number of neighbors"
        )
        raise ShapeError(msg)
    both = np.sort(np.concatenate((left, right), axis=1), axis=1)  # an id that both have stands there twice
    n_kept = (both[:, 1:] == both[:, :-1]).sum(axis=1)
    return (1.0 - n_kept / left.shape[1]).astype(np.float32)


def mean_change(change: Float[np.ndarray, " n"]) -> float:
    """Return the mean change of n ≥ 1 tokens, in float64.

    >>> mean_change(np.array([0.5, 1.0, 0.0]))
    0.5
    """
    return float(change.mean(dtype=np.float64))


def most_moved(change: Float[np.ndarray, " n"], n_most: int) -> Int64[np.ndarray, " n_moved"]:
    """Return the `n_most` indices of greatest `change`, falling, equal ones by lower index: all if there are fewer.

    n_most ≥ 0. Raises ShapeError if it is negative.

    >>> most_moved(np.array([0.5, 1.0, 0.5]), 2)
    array([1, 0])
    """
    if n_most < 0:
        msg = f"{n_most} tokens cannot be listed: choose 0 or more"
        raise ShapeError(msg)
    return np.argsort(-change, kind="stable")[:n_most]


def _centered(points: np.ndarray) -> tuple[Float64[np.ndarray, " c"], Float64[np.ndarray, "m c"]]:
    """Return the mean and the points about it; counted from the first one, so that a small spread keeps its digits."""
    first = points[0].astype(np.float64)
    rest = points - first
    return first + rest.mean(axis=0), rest - rest.mean(axis=0)


def _check_maps(reference: np.ndarray, moved: np.ndarray) -> None:
    if reference.ndim != 2 or reference.shape != moved.shape:
        msg = (
            f"the maps have shapes {list(reference.shape)} and {list(moved.shape)}, but must be the same [m, c]: give "
            "the points of the shared tokens, on two maps with as many axes"
        )
        raise ShapeError(msg)
    if len(reference) < 2:
        msg = f"the maps share {len(reference)} tokens, but an alignment takes 2: choose maps that share more"
        raise ShapeError(msg)
    for name, points in (("reference", reference), ("moved map", moved)):
        is_finite = np.isfinite(points).all(axis=1)
        if not is_finite.all():
            n_bad = int((~is_finite).sum())
            msg = f"{n_bad:,} of {len(points):,} points of the {name} are NaN or infinite: compute the map again"
            raise ShapeError(msg)
        if (points == points[0]).all():
            msg = f"all {len(points):,} points of the {name} lie on one spot, which has no shape: choose another map"
            raise ShapeError(msg)
