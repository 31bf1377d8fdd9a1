"""Whole maps: t-SNE and UMAP from our exact graph against the libraries left to themselves, and PCA."""

import warnings
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import openTSNE
from sklearn.decomposition import PCA

from benchmarks.timing import Line, in_turns, milliseconds, timed
from embedcore.engine.threads import n_threads
from embedcore.figures.map import vocabulary_map
from embedcore.figures.palette import Style
from embedcore.maps.fidelity import fidelity
from embedcore.maps.layouts import lay_out
from embedcore.maps.linear import LinearProjection
from embedcore.maps.point_colors import scale_colors
from embedcore.maps.project import project

N_VOCAB, D_MAP, D_PCA, N_COMPONENTS = 50_257, 256, 768, 3
N_WARM = 5_000  # rows of UMAP's first, uncounted maps: above the 4,096 where umap-learn begins to approximate neighbors
N_CLUSTERS, N_DIRECTIONS = 200, 10
N_LARGE = 200_019  # tokens of o200k_base
K = 15

MapMaker = Callable[[np.ndarray], np.ndarray]


def lines() -> list[Line]:
    """Measure maps of 50,257 × 256 from vectors to coordinates, and 3 principal components of 50,257 × 768.

    The rows are a seeded mixture, as random rows would have no neighbors to show: 200 Gaussian clusters whose sizes
    follow a power law (the r-th holds a share ∝ 1 / r), each spread along 10 directions of its own, the i-th by
    0.5 / √i, with noise of length 0.1. A map takes a minute, so each runs once, UMAP's after a small one has
    compiled its code; the libraries keep their defaults but for the metric, the seed and as many threads as ours has.
    """
    return [*_layouts(), *_pca(), _large_figure()]


def _large_figure() -> Line:
    """Measure a chart of as many points as o200k has tokens, colored by a number: built and written as JSON."""
    rows = np.random.default_rng(0).standard_normal((N_LARGE, 64), dtype=np.float32)
    points = project(rows).coordinates
    colors = scale_colors("id", np.arange(N_LARGE))
    took, sent = timed(lambda: vocabulary_map(points, Style(), colors=colors).to_json())
    return Line(f"chart of {N_LARGE:,} points", f"{took * 1000:.0f} ms", "", f"{len(sent) / 1e6:.2f} MB of JSON")


def _layouts() -> list[Line]:
    table = clusters(D_MAP)
    contestants: dict[str, MapMaker] = {
        "t-SNE, ours": lambda rows: lay_out(rows, method="tsne").coordinates,
        "openTSNE": _by_opentsne,
        "UMAP, ours": lambda rows: lay_out(rows, method="umap").coordinates,
        "umap-learn": partial(_by_umap, random_state=0, n_jobs=1),  # a seed allows it no second thread
        "umap-learn, unseeded": partial(_by_umap, random_state=None, n_jobs=n_threads()),
    }
    compiling = (name for name in contestants if "UMAP" in name or "umap" in name)  # openTSNE comes compiled
    first = {name: timed(partial(contestants[name], table[:N_WARM]))[0] for name in compiling}
    runs = {name: timed(partial(lay, table)) for name, lay in contestants.items()}
    seconds = {name: took for name, (took, _) in runs.items()}
    measured = fidelity(table, [points for _, points in runs.values()], k=K)
    trust = {name: one.mean_trustworthiness for name, one in zip(runs, measured, strict=True)}
    overlap = {name: one.mean_overlap for name, one in zip(runs, measured, strict=True)}

    lines = []
    for ours, theirs in (
        ("t-SNE, ours", "openTSNE"),
        ("UMAP, ours", "umap-learn"),
        ("UMAP, ours", "umap-learn, unseeded"),
    ):
        name = f"{ours[:-6]} of {N_VOCAB:,} × {D_MAP}"
        is_seeded = theirs != "umap-learn, unseeded"
        lines.append(
            Line(
                f"{name}: {theirs} / ours",
                f"{seconds[theirs] / seconds[ours]:.2f} ×",
                "≥ 1.5 ×" if is_seeded else "",
                f"ours {seconds[ours]:.1f} s, {theirs} {seconds[theirs]:.1f} s"
                + ("" if is_seeded else ", which gives another picture every time"),
            )
        )
        lines.append(
            Line(
                f"{name}: trustworthiness, ours − {theirs}",
                f"{trust[ours] - trust[theirs]:+.5f}",
                "≥ 0" if is_seeded else "",
                f"ours {trust[ours]:.5f}, theirs {trust[theirs]:.5f}; of {K} neighbors kept: ours {overlap[ours]:.1%}, "
                f"theirs {overlap[theirs]:.1%}",
            )
        )
    return [*lines, _first(first)]


def _first(seconds: Mapping[str, float]) -> Line:
    listed = ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items())
    return Line(
        f"first map of a process, {N_WARM:,} rows: UMAP, ours (compiles)",
        f"{seconds['UMAP, ours']:.1f} s",
        "",
        f"{listed}; each finds compiled what those before it share",
    )


def _pca() -> list[Line]:
    table = clusters(D_PCA)
    solvers = {name: PCA(N_COMPONENTS, svd_solver=name) for name in ("covariance_eigh", "full")}
    medians = in_turns(
        {
            "ours": partial(project, table, n_components=N_COMPONENTS),
            **{f"scikit-learn {name}": partial(solver.fit_transform, table) for name, solver in solvers.items()},
        },
        rounds=5,
        settle=0.05,
    )
    ours = project(table, n_components=N_COMPONENTS)
    assert isinstance(ours, LinearProjection)
    apart = {name: _apart(ours.components, solver.components_) for name, solver in solvers.items()}
    fastest = min(medians[f"scikit-learn {name}"] for name in solvers)
    what = f"PCA of {N_VOCAB:,} × {D_PCA}, {N_COMPONENTS} components"
    return [
        Line(f"{what}: time / scikit-learn", f"{medians['ours'] / fastest:.2f} ×", "≤ 1.2 ×", milliseconds(medians)),
        Line(
            f"{what}: largest difference",
            f"{max(apart.values()):.1e}",
            "≤ 1e-4",
            ", ".join(f"{name} {value:.1e}" for name, value in apart.items()) + "; entries of components, signs fixed",
        ),
    ]


def clusters(width: int) -> np.ndarray:
    """Return the mixture that `lines` describes, float32 [50,257, width], shuffled."""
    random = np.random.default_rng(0)
    shares = 1.0 / np.arange(1, N_CLUSTERS + 1)
    which = random.choice(N_CLUSTERS, N_VOCAB, p=shares / shares.sum())
    centers = random.standard_normal((N_CLUSTERS, width), dtype=np.float32) / np.sqrt(width)
    directions = random.standard_normal((N_CLUSTERS, N_DIRECTIONS, width), dtype=np.float32) / np.sqrt(width)
    along = random.standard_normal((N_VOCAB, N_DIRECTIONS), dtype=np.float32)
    along *= (0.5 / np.sqrt(np.arange(1, N_DIRECTIONS + 1))).astype(np.float32)
    rows = 0.1 * random.standard_normal((N_VOCAB, width), dtype=np.float32) / np.float32(np.sqrt(width))
    for cluster in range(N_CLUSTERS):
        own = which == cluster
        rows[own] += centers[cluster] + along[own] @ directions[cluster]
    return rows


def _by_opentsne(table: np.ndarray) -> np.ndarray:
    return np.asarray(openTSNE.TSNE(metric="cosine", n_jobs=n_threads(), random_state=0).fit(table))


def _by_umap(table: np.ndarray, *, random_state: int | None, n_jobs: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it misses TensorFlow, which no one here uses
        import umap
    return np.asarray(umap.UMAP(metric="cosine", random_state=random_state, n_jobs=n_jobs).fit(table).embedding_)


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    signs = np.sign((ours * theirs).sum(axis=1, keepdims=True))
    return float(np.abs(ours * signs - theirs).max())
