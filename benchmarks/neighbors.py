"""Exact search and the exact neighbor graph, against the exact searches of faiss, usearch and scikit-learn."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import faiss
import numpy as np
from sklearn.neighbors import NearestNeighbors
from usearch.compiled import MetricKind
from usearch.index import search as usearch_search

from benchmarks.timing import Line, in_turns, milliseconds, timed
from embedcore.engine.threads import n_threads
from embedcore.space.neighbors import NeighborIndex

N_VOCAB, D_MODEL, K = 50_257, 768, 100
D_GRAPH, N_NEIGHBORS = 256, 15
N_SLICE: Final = 4_096  # queries of a graph whose whole takes minutes


def lines() -> list[Line]:
    """Measure the top 100 of 50,257 × 768 for 1 and 64 queries, and the 15-neighbor graph of 50,257 × 256, by cosine.

    Rows and queries are independent Gaussians. Every index is built before the clock starts; the peers that have no
    cosine get unit rows and unit queries. All have as many threads as ours.
    """
    faiss.omp_set_num_threads(n_threads())
    return [*_search(), *_graph()]


def _search() -> list[Line]:
    table, unit = _rows(N_VOCAB, D_MODEL, seed=0)
    queries, unit_queries = _rows(64, D_MODEL, seed=1)
    index = NeighborIndex(table)
    flat = faiss.IndexFlatIP(D_MODEL)
    flat.add(unit)
    brute = NearestNeighbors(algorithm="brute", metric="cosine", n_jobs=n_threads()).fit(table)

    lines = []
    for n_queries, rounds in ((1, 61), (64, 15)):
        chosen, unit_chosen = queries[:n_queries], unit_queries[:n_queries]
        reads = _reads(table) if n_queries == 1 else {}
        medians = in_turns(
            {
                "ours": partial(index.search, chosen, k=K),
                "faiss": partial(flat.search, unit_chosen, K),
                "usearch": partial(_by_usearch, unit, unit_chosen, K),
                "scikit-learn": partial(brute.kneighbors, chosen, K),
                **reads,
            },
            rounds=rounds,
            settle=0.05,
        )
        name = f"top {K} of {N_VOCAB:,} × {D_MODEL}, {n_queries} {'query' if n_queries == 1 else 'queries'}"
        shared = _shared(index.search(chosen, k=K).token_ids, flat.search(unit_chosen, K)[1])
        lines.append(_ratios(name, medians, f"{milliseconds(medians)}; {shared:.3%} of the ids are faiss's"))
        if reads:
            fastest = min(reads, key=medians.__getitem__)
            lines.append(
                Line(
                    f"{name}: time / streaming the table once",
                    f"{medians['ours'] / medians[fastest]:.2f} ×",
                    "≤ 1.3 ×",
                    f"{fastest}, the fastest plain read of its {table.nbytes / 1e6:.0f} MB on as many threads: "
                    f"{table.nbytes / medians[fastest] / 1e9:.1f} GB/s",
                )
            )
    return lines


def _graph() -> list[Line]:
    """Measure whole graphs by us and by faiss, and 4,096 rows by the two others, scaled to all rows."""
    table, unit = _rows(N_VOCAB, D_GRAPH, seed=2)
    chosen, share = slice(0, min(N_SLICE, N_VOCAB)), min(N_SLICE, N_VOCAB) / N_VOCAB
    brute = NearestNeighbors(algorithm="brute", metric="cosine", n_jobs=n_threads()).fit(table)
    NeighborIndex(table[: N_VOCAB // 8]).graph(N_NEIGHBORS)  # warm: threads, memory, code
    faiss.knn(unit[: N_VOCAB // 8], unit, N_NEIGHBORS + 1, metric=faiss.METRIC_INNER_PRODUCT)

    ours, graph = timed(lambda: NeighborIndex(table).graph(N_NEIGHBORS))
    theirs, (_, ids) = timed(lambda: faiss.knn(unit, unit, N_NEIGHBORS + 1, metric=faiss.METRIC_INNER_PRODUCT))
    seconds = {
        "ours": ours,
        "faiss": theirs,
        "usearch": timed(lambda: _by_usearch(unit, unit[chosen], N_NEIGHBORS + 1))[0] / share,
        "scikit-learn": timed(lambda: brute.kneighbors_graph(table[chosen], N_NEIGHBORS + 1))[0] / share,
    }
    own = ids == np.arange(N_VOCAB)[:, None]
    own[~own.any(axis=1), -1] = True
    shared = _shared(graph.token_ids, ids[~own].reshape(N_VOCAB, -1))
    listed = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    return [
        _ratios(
            f"{N_NEIGHBORS}-neighbor graph of {N_VOCAB:,} × {D_GRAPH}",
            seconds,
            f"{listed} (the last two by {chosen.stop:,} rows, scaled); {shared:.3%} of the ids are faiss's",
        )
    ]


def _rows(n_rows: int, width: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(seed).standard_normal((n_rows, width), dtype=np.float32)
    return rows, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _reads(table: np.ndarray) -> dict[str, partial[object]]:
    """Return ways to read all bytes of the table once and keep almost nothing: none can be called the limit at once."""
    threads = ThreadPoolExecutor(n_threads())
    return {
        "largest value": partial(_largest, threads, np.array_split(table.ravel(), n_threads())),
        "dot with itself": partial(np.dot, table.ravel(), table.ravel()),
        "matrix · vector": partial(np.matmul, table, table[0].copy()),
    }


def _largest(threads: ThreadPoolExecutor, parts: list[np.ndarray]) -> object:
    return list(threads.map(np.max, parts))


def _by_usearch(table: np.ndarray, queries: np.ndarray, k: int) -> object:
    return usearch_search(table, queries, k, MetricKind.IP, exact=True, threads=n_threads())


def _ratios(what: str, seconds: dict[str, float], details: str) -> Line:
    """Return the line of the fastest peer: every peer's ratio, and the least of them as the figure."""
    ratios = {name: seconds[name] / seconds["ours"] for name in ("faiss", "usearch", "scikit-learn")}
    nearest = min(ratios, key=ratios.__getitem__)
    listed = ", ".join(f"{name} / ours {value:.2f} ×" for name, value in ratios.items())
    return Line(f"{what}: {nearest} / ours", f"{ratios[nearest]:.2f} ×", "≥ 1.0 ×", f"{listed}; {details}")


def _shared(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the share of our ids that the peer finds for the same query."""
    return float(np.mean([np.isin(mine, other).mean() for mine, other in zip(ours, theirs, strict=True)]))
