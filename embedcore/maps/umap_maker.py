"""UMAP (McInnes et al. 2018) from a given neighbor graph and start, optimized by umap-learn."""

import io
import re
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from embedcore.cache import cache_folder
from embedcore.maps.linear import Progress
from embedcore.space.neighbors import Neighbors


def umap(
    vectors: np.ndarray,
    graph: Neighbors,
    start: np.ndarray,
    seed: int,
    parameters: Mapping[str, Any],
    report: Progress,
) -> np.ndarray:
    """Return the points, [n, 2 or 3]; `parameters` has "spread", "min_dist", "n_epochs" and "negative_sample_rate"."""
    report("UMAP: compiling, about 20 seconds", 0.0)
    _keep_compiled_code()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it misses TensorFlow, which we do not use
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    random = np.random.RandomState(seed)
    own = np.arange(len(vectors))[:, None]  # umap-learn counts a point as its own first neighbor
    ids = np.concatenate([own, graph.token_ids[:, :-1]], axis=1)
    distances = np.concatenate([np.zeros_like(own, float), 1.0 - graph.scores[:, :-1]], axis=1)
    strengths, _, _ = fuzzy_simplicial_set(
        vectors, ids.shape[1], random, "cosine", knn_indices=ids, knn_dists=distances.astype(np.float32)
    )
    a, b = find_ab_params(parameters["spread"], parameters["min_dist"])
    with redirect_stdout(io.StringIO()):  # it also prints, and only its progress bar is read
        layout, _ = simplicial_set_embedding(
            vectors,
            strengths,
            start.shape[1],
            1.0,
            a,
            b,
            1.0,
            parameters["negative_sample_rate"],
            parameters["n_epochs"],
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
        """Do nothing, for nothing waits to be written."""


def _keep_compiled_code() -> None:
    """Let numba keep what it compiles in our folder: beside the library or at home it may be allowed to write nothing.

    It looks for a place when UMAP is imported, and that import ends in an error where it finds none.
    """
    from numba import config

    config.CACHE_DIR = config.CACHE_DIR or str(cache_folder() / "numba")  # type: ignore[attr-defined]
