"""t-SNE (van der Maaten & Hinton 2008) from a given neighbor graph and start, optimized by openTSNE."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from embedcore.engine.threads import n_threads
from embedcore.maps.linear import Progress
from embedcore.space.neighbors import Neighbors


def tsne(
    vectors: np.ndarray,
    graph: Neighbors,
    start: np.ndarray,
    seed: int,
    parameters: Mapping[str, Any],
    report: Progress,
) -> np.ndarray:
    """Return the points, [n, 2 or 3]; `parameters` has "phases": iterations, exaggeration, coarseness of each."""
    import openTSNE

    del vectors
    phases = parameters["phases"]
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
