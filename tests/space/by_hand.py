"""The nearest rows, computed by other means: score by score from the formulas, and in one float64 array."""

import math
from collections.abc import Collection, Iterable

import numpy as np
import pytest
from numpy.typing import DTypeLike

from embedcore.space.metrics import METRICS, Metric
from embedcore.space.neighbors import Neighbors

# Scores are float64 sums of a few dozen products: each rounds by 2**-53 of their lengths' product.
RTOL, ATOL = 1e-12, 1e-12
EACH_METRIC = pytest.mark.parametrize("metric", METRICS)
EACH_DTYPE = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


def score(row: Iterable[float], query: Iterable[float], metric: Metric) -> float:
    """Return one score from its formula, with exact sums and one rounding in each step."""
    x, y = [float(value) for value in row], [float(value) for value in query]
    if metric == "euclidean":
        return math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(x, y, strict=True)))
    product = math.fsum(a * b for a, b in zip(x, y, strict=True))
    if metric == "dot":
        return product
    lengths = math.sqrt(math.fsum(a * a for a in x)) * math.sqrt(math.fsum(b * b for b in y))
    return max(-1.0, min(1.0, product / lengths)) if lengths > 0 else 0.0


def by_hand(
    table: np.ndarray, queries: np.ndarray, k: int, metric: Metric, without: Collection[int] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest rows by the slow and obvious way: every score, one by one, and a stable sort."""
    ids, scores = [], []
    for query in np.atleast_2d(queries):
        each = {row: score(table[row], query, metric) for row in range(len(table)) if row not in set(without)}
        sign = 1 if metric == "euclidean" else -1
        order = sorted(each, key=lambda row: (sign * each[row], row))[:k]
        ids.append(order)
        scores.append([each[row] for row in order])
    return np.array(ids), np.array(scores)


def in_float64(table: np.ndarray, queries: np.ndarray, k: int, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Return the same for tables that are too large to go through one by one, in one float64 array."""
    wide, wide_queries = table.astype(np.float64), queries.astype(np.float64)
    if metric == "euclidean":
        far = np.stack([np.sqrt(((wide - query) ** 2).sum(axis=1)) for query in wide_queries])
    else:
        far = -(wide_queries @ wide.T)
        if metric == "cosine":
            lengths = np.sqrt((wide_queries**2).sum(axis=1))[:, None] * np.sqrt((wide**2).sum(axis=1))
            far = np.divide(far, lengths, out=np.zeros_like(far), where=lengths > 0)
    order = np.argsort(far, axis=1, kind="stable")[:, :k]
    scores = np.take_along_axis(far, order, axis=1)
    return order, scores if metric == "euclidean" else -scores


def assert_are(
    computed: Neighbors, expected: tuple[np.ndarray, np.ndarray], rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Assert that the neighbors are those of `expected`: ids and scores."""
    ids, scores = expected
    assert computed.token_ids.dtype == np.int64
    assert computed.scores.dtype == np.float64
    np.testing.assert_array_equal(computed.token_ids, ids)
    np.testing.assert_allclose(computed.scores, scores, rtol=rtol, atol=atol)


def drawn(n: int, width: int, dtype: DTypeLike = np.float32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, width)).astype(dtype)
