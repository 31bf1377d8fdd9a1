"""Layouts of all rows (t-SNE, UMAP), made from one exact neighbor graph and started at the principal components.

The libraries keep their own optimization; what they would approximate, the neighbors, comes from `NeighborIndex`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from embedcore.errors import EmbedcoreError, ShapeError
from embedcore.maps.linear import Progress, Projection, check_width, principal_components
from embedcore.maps.methods import METHODS, layout_ids
from embedcore.maps.recipe import N_NEIGHBORS
from embedcore.space.bound_rows import own_rows
from embedcore.space.metrics import check_rows
from embedcore.space.neighbors import NeighborIndex, Neighbors

N_PLACING: Final = 5  # how many of the nearest rows say where a new vector lies


@dataclass(frozen=True, slots=True, eq=False)
class NeighborMap(Projection):
    """A map of a neighbor graph, by t-SNE or UMAP. It has no axes: nearness means something, and directions do not."""

    index: NeighborIndex

    def transform(self, vectors: Float[np.ndarray, "m d_model"]) -> Float32[np.ndarray, "m n_components"]:
        """Place other vectors among the points: the mean of their 5 nearest rows' places, weighted by 1 / distance².

        Distance is 1 − cosine. A row of the table lands on its own point, and equal rows on the first one's.
        This is an estimate, for no layout says where a new vector belongs. Source: Shepard 1968. Raises ShapeError if
        the width differs, and for a zero vector that is no row: it points nowhere.
        """
        check_width(vectors, self.index.table.shape[1])
        points = np.zeros((len(vectors), self.n_components), np.float32)
        if len(vectors) == 0:
            return points
        nearest = self.index.search(vectors, k=N_PLACING)
        weights = 1.0 / np.maximum(1.0 - nearest.scores, 1e-12) ** 2
        weights /= weights.sum(axis=1, keepdims=True)
        points[:] = np.einsum("mk,mkc->mc", weights, self.coordinates[nearest.token_ids])
        own = own_rows(self.index.table, vectors, nearest.token_ids, nearest.scores)
        points[own >= 0] = self.coordinates[own[own >= 0]]
        nowhere = np.flatnonzero((own < 0) & ~vectors.any(axis=1))
        if len(nowhere):
            msg = f"vector {nowhere[0]} of {len(vectors)} is zero and no row: it points nowhere; leave it out"
            raise ShapeError(msg)
        return points


def lay_out(
    vectors: Float[np.ndarray, "n d_model"],
    *,
    method: str,
    n_components: int = 2,
    seed: int = 0,
    index: NeighborIndex | None = None,
    graph: Neighbors | None = None,
    progress: Progress | None = None,
) -> NeighborMap:
    """Lay out `vectors` by a method without axes ("tsne", "umap": see METHODS), by cosine.

    n ≥ 17 rows, not all equal, n_components 2 or 3 and below d_model, 0 ≤ seed < 2³². `index` (cosine) and its `graph`
    of 15 neighbors are made where they are not given. Raises ShapeError otherwise. One machine, one version of the
    library and one seed give one picture.
    """
    check_layout(vectors, method, n_components, seed)
    report = progress or (lambda doing, share: None)
    index = NeighborIndex(vectors) if index is None else index
    if graph is None:
        graph = index.graph(N_NEIGHBORS, progress=lambda share: report("exact neighbors", share))
    start = principal_components(vectors, n_components).coordinates.astype(np.float64)
    if not np.ptp(start, axis=0).any():
        msg = f"all {len(vectors):,} rows are equal: there is nothing to lay out; choose rows that differ"
        raise ShapeError(msg)
    row = METHODS[method]
    coordinates = row.make(vectors, graph, start, seed, row.parameters, report)
    return NeighborMap(coordinates.astype(np.float32), method, index)


def check_layout(vectors: np.ndarray, method: str, n_components: int, seed: int) -> None:
    """Raise what `lay_out` raises for these, but for rows that are all equal: before long work begins."""
    check_rows(vectors, name="the vectors")
    n_rows, d_model = vectors.shape
    if method not in layout_ids():
        msg = f"there is no layout {method!r}: choose {' or '.join(layout_ids())}"
        raise EmbedcoreError(msg)
    if n_components not in (2, 3):
        msg = f"a layout of {n_components} dimensions cannot be drawn: choose 2 or 3"
        raise ShapeError(msg)
    if d_model <= n_components:
        msg = f"vectors of {d_model} dimensions need no layout in {n_components}: 'pca' draws them and loses nothing"
        raise ShapeError(msg)
    if n_rows < N_NEIGHBORS + 2:
        msg = (
            f"{n_rows} points are fewer than a layout by {N_NEIGHBORS} neighbors needs: choose {N_NEIGHBORS + 2} or "
            "more, or draw them with 'pca'"
        )
        raise ShapeError(msg)
    if not 0 <= seed < 2**32:
        msg = f"seed is {seed}, but must be from 0 to {2**32 - 1}"
        raise ShapeError(msg)
