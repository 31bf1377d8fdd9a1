"""How far a map may be trusted: whether neighbors on it are neighbors in truth, over all rows, for every point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64, Real

from embedcore.errors import ShapeError
from embedcore.maps.map_neighbors import map_neighbors
from embedcore.space.metrics import Metric
from embedcore.space.ranks import neighbor_ranks
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Fidelity(ByContent):
    """What became of each point's `k` neighbors on a map.

    `overlap` is the share of them that are among its k nearest in the original space; `trustworthiness` also asks how
    far off the others are, from 1 (no intruder) to 0 (all intruders come from the far end). Both in [0, 1].
    """

    k: int
    overlap: Float32[np.ndarray, " n"]
    trustworthiness: Float32[np.ndarray, " n"]

    @property
    def mean_overlap(self) -> float:
        """The mean over all points."""
        return float(self.overlap.mean(dtype=np.float64))

    @property
    def mean_trustworthiness(self) -> float:
        """The mean over all points: the trustworthiness of Venna & Kaski 2001, equation 1."""
        return float(self.trustworthiness.mean(dtype=np.float64))

    def part(self, rows: Int64[np.ndarray, " m"]) -> "Fidelity":
        """Return the same of some of the points, still measured among all of them."""
        return Fidelity(self.k, self.overlap[rows], self.trustworthiness[rows])


def fidelity(
    vectors: Float[np.ndarray, "n d_model"],
    maps: Sequence[Real[np.ndarray, "_ _"]],
    *,
    k: int = 15,
    metric: Metric = "cosine",
    progress: Callable[[float], None] | None = None,
) -> list[Fidelity]:
    """Compare the neighborhoods of `maps` of the same `vectors` with the original ones, by `metric`; all maps at once.

    1 ≤ k < n / 2, where Venna and Kaski's figure is defined. Exact over all rows: neighbors as `map_neighbors` finds
    them, ranks as `neighbor_ranks` counts them, so equal distances go by id. Per point i,
    t_i = 1 − 2 / (k (2n − 3k − 1)) · Σ (r(i, j) − k) over its neighbors j on the map with rank r(i, j) > k among the
    vectors. `progress` is told the share that is done, in [0, 1]; what it raises ends the work. Raises ShapeError for
    other sizes, different lengths, and values that are not finite.

    >>> line = np.arange(9.0)[:, None]
    >>> fidelity(line, [line, line[[0, 5, 2, 3, 4, 1, 6, 7, 8]]], k=2, metric="euclidean")[1].mean_overlap
    0.555...
    """
    n_rows = len(vectors)
    _check(n_rows, maps, k)
    near = [map_neighbors(coordinates, k) for coordinates in maps]
    if not near:
        return []
    ranks = neighbor_ranks(vectors, np.concatenate(near, axis=1), metric=metric, progress=progress)
    return [_fidelity(part, n_rows) for part in np.split(ranks, len(near), axis=1)]


def _fidelity(ranks: Int64[np.ndarray, "n k"], n_rows: int) -> Fidelity:
    k = ranks.shape[1]
    excess = np.maximum(ranks - k, 0).sum(axis=1)
    trustworthiness = 1.0 - 2.0 / (k * (2 * n_rows - 3 * k - 1)) * excess
    return Fidelity(k, (ranks <= k).mean(axis=1).astype(np.float32), trustworthiness.astype(np.float32))


def _check(n_rows: int, maps: Sequence[np.ndarray], k: int) -> None:
    most = (n_rows - 1) // 2
    if not 1 <= k <= most:
        msg = f"the fidelity of a map of {n_rows:,} points cannot be told by {k:,} neighbors of each: " + (
            f"choose k from 1 to {most:,}" if most else "it takes 3 points or more"
        )
        raise ShapeError(msg)
    for coordinates in maps:
        if len(coordinates) != n_rows:
            msg = f"a map has {len(coordinates):,} points, but there are {n_rows:,} vectors: give the map of these"
            raise ShapeError(msg)
