"""t-SNE and UMAP of all rows, both from the same exact neighbor graph and the same start: the principal components.

The libraries keep their own optimization; what they would approximate, the neighbors, comes from `NeighborIndex`.
"""

import io
import re
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32

from embedcore.cache import cache_folder
from embedcore.engine.threads import n_threads
from embedcore.errors import EmbedcoreError, ShapeError
from embedcore.maps.linear import Progress, Projection, check_width, principal_components
from embedcore.space.bound_rows import own_rows
from embedcore.space.metrics import check_rows
from embedcore.space.neighbors import NeighborIndex, Neighbors

N_NEIGHBORS: Final = 15
N_PLACING: Final = 5  # how many rows place a new vector
LIBRARIES: Final = {"tsne": "openTSNE", "umap": "umap-learn"}
# What the libraries are told beside the graph, the start and the seed; all else is their default.
PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    # t-SNE in phases: iterations, exaggeration, and how coarse the grid of its far forces is (1 is the library's own).
    # Coarse while the points are far from their places: half the time for the same trustworthiness.
    "tsne": {"affinities": "uniform", "phases": [[250, 12.0, 2.0], [250, 1.0, 1.5], [250, 1.0, 1.0]]},
    "umap": {"min_dist": 0.1, "spread": 1.0, "n_epochs": 200, "negative_sample_rate": 5},
}


@dataclass(frozen=True, slots=True, eq=False)
class Layout(Projection):
    """A map by t-SNE or UMAP. It has no axes: near and far mean something, directions do not."""

    index: NeighborIndex

    def transform(self, vectors: Float[np.ndarray, "m d_model"]) -> Float32[np.ndarray, "m n_components"]:
        """Place other vectors among the points: the mean of their 5 nearest rows' places, weighted by 1 / distance².

        Distance is 1 − cosine; a row of the table lands on its own point, of equal rows on the first one's. Source:
        Shepard 1968. An estimate: neither method says where a new vector belongs. Raises ShapeError if the width
        differs, and for a zero vector that is no row: it points nowhere.
        """
        check_width(vectors, self.index.table.shape[1])
        points = np.zeros((len(vectors), self.n_components), np.float32)
        if len(vectors) == 0:
            return points
        found = self.index.search(vectors, k=N_PLACING)
        weights = 1.0 / np.maximum(1.0 - found.scores, 1e-12) ** 2
        weights /= weights.sum(axis=1, keepdims=True)
        points[:] = np.einsum("mk,mkc->mc", weights, self.coordinates[found.token_ids])
        own = own_rows(self.index.table, vectors, found.token_ids, found.scores)
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
) -> Layout:
    """Lay out `vectors` by "tsne" (van der Maaten & Hinton 2008) or "umap" (McInnes et al. 2018), by cosine.

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
    layers: dict[str, Callable[..., np.ndarray]] = {"tsne": _tsne, "umap": _umap}
    coordinates = layers[method](vectors, graph, start, seed, report)
    return Layout(coordinates.astype(np.float32), method, index)


def library_version(method: str) -> str:
    """Return the name and version of the library behind a method, "openTSNE 1.0.4"."""
    return f"{LIBRARIES[method]} {version(LIBRARIES[method])}"


def _tsne(vectors: np.ndarray, graph: Neighbors, start: np.ndarray, seed: int, report: Progress) -> np.ndarray:
    import openTSNE

    del vectors
    phases = PARAMETERS["tsne"]["phases"]
    n_all = sum(n_iter for n_iter, _, _ in phases)
    knn = openTSNE.nearest_neighbors.PrecomputedNeighbors(graph.token_ids, 1.0 - graph.scores)
    affinities = openTSNE.affinity.Uniform(k_neighbors=graph.token_ids.shape[1], knn_index=knn)
    is_flat = start.shape[1] == 2
    layout = openTSNE.TSNEEmbedding(
        openTSNE.initialization.rescale(start),
        affinities,
        negative_gradient_method="fft" if is_flat and len(start) > 5_000 else "bh",  # its grid is flat
        theta=0.5 if is_flat else 0.8,  # of the tree alone, which is slow in 3-D
        n_jobs=n_threads()
        if len(start) > 10_000
        else 1,  # the same bits; on a small map threads wait more than they work
        random_state=seed,
    )
    done = 0

    def tell(iteration: int, error: float, embedding: object) -> None:
        del error, embedding
        report("t-SNE", (done + iteration) / n_all)

    for n_iter, exaggeration, coarseness in phases:
        layout.gradient_descent_params["ints_in_interval"] = coarseness
        layout.optimize(
            n_iter=n_iter, exaggeration=exaggeration, inplace=True, callbacks=[tell], callbacks_every_iters=25
        )
        done += n_iter
    return np.asarray(layout)


def _umap(vectors: np.ndarray, graph: Neighbors, start: np.ndarray, seed: int, report: Progress) -> np.ndarray:
    report("UMAP: compiling, about 20 seconds", 0.0)
    _keep_compiled_code()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it misses TensorFlow, which we do not use
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    told = PARAMETERS["umap"]
    random = np.random.RandomState(seed)
    own = np.arange(len(vectors))[:, None]  # umap-learn counts a point as its own first neighbor
    ids = np.concatenate([own, graph.token_ids[:, :-1]], axis=1)
    distances = np.concatenate([np.zeros_like(own, float), 1.0 - graph.scores[:, :-1]], axis=1)
    strengths, _, _ = fuzzy_simplicial_set(
        vectors, ids.shape[1], random, "cosine", knn_indices=ids, knn_dists=distances.astype(np.float32)
    )
    a, b = find_ab_params(told["spread"], told["min_dist"])
    with redirect_stdout(io.StringIO()):  # it also prints, and only its progress bar is read
        layout, _ = simplicial_set_embedding(
            vectors,
            strengths,
            start.shape[1],
            1.0,
            a,
            b,
            1.0,
            told["negative_sample_rate"],
            told["n_epochs"],
            (10.0 * start / np.abs(start).max()).astype(np.float32),
            random,
            "cosine",
            {},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            parallel=False,  # with threads the same seed gives another picture
            verbose=True,
            tqdm_kwds={"file": _Bar(report), "bar_format": "{n}/{total}", "mininterval": 0.3, "disable": False},
        )
    return np.asarray(layout)


class _Bar:
    """What umap-learn's progress bar writes to: each "n/total" becomes a share."""

    def __init__(self, report: Progress) -> None:
        self._report = report

    def write(self, text: str) -> None:
        for done, total in re.findall(r"(\d+)/(\d+)", text)[-1:]:
            self._report("UMAP", int(done) / int(total))

    def flush(self) -> None:
        """Nothing waits to be written."""


def check_layout(vectors: np.ndarray, method: str, n_components: int, seed: int) -> None:
    """Raise what `lay_out` raises for these, but for rows that are all equal: before long work begins."""
    check_rows(vectors, name="the vectors")
    n_rows, d_model = vectors.shape
    if method not in LIBRARIES:
        msg = f"there is no layout {method!r}: choose {' or '.join(LIBRARIES)}"
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


def _keep_compiled_code() -> None:
    """Let numba keep what it compiles in our folder: beside the library or at home it may be allowed to write nothing.

    It looks for a place when UMAP is imported, and that import ends in an error where it finds none.
    """
    from numba import config

    config.CACHE_DIR = config.CACHE_DIR or str(cache_folder() / "numba")  # type: ignore[attr-defined]
