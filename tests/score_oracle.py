"""Scores written from the papers' formulas, in float64 and by other means than the library: what pages must show.

Vaswani et al. 2017 (scores, waves), Press et al. 2022 (ALiBi), Su et al. 2021 (rotary, here as complex numbers). Queries
and keys are the vectors themselves, normalized as a LayerNorm of gain 1 and bias 0 does.
"""

import itertools
import math
from collections.abc import Iterable
from typing import Required, TypedDict, Unpack

import numpy as np


class Options(TypedDict, total=False):
    """The options that a score is computed with."""

    n_heads: Required[int]
    head: Required[int]
    table: np.ndarray | None  # of learned positions, [n_positions, d_model]
    pair: int | None  # of dimensions: its part of the score alone


def score(
    scheme: str,
    query: np.ndarray,
    key: np.ndarray,
    i: int,
    j: int,
    *,
    n_heads: int,
    head: int,
    table: np.ndarray | None = None,
    pair: int | None = None,
) -> float:
    """Return the score of a query vector at place i with a key vector at place j, in one head."""
    d_model = len(query)
    head_dim = d_model // n_heads
    slope = 2.0 ** (-8 * (head + 1) / n_heads)
    q, k = (_of_head(_added(scheme, vector, place, table), head, head_dim) for vector, place in ((query, i), (key, j)))
    if scheme == "rope":
        angles = 10_000.0 ** (-np.arange(head_dim // 2) * 2 / head_dim)
        turned = [_complex(part) * np.exp(1j * place * angles) for part, place in ((q, i), (k, j))]
        products = (turned[0] * np.conj(turned[1])).real
        return (products.sum() if pair is None else products[pair]) / math.sqrt(head_dim)
    dimensions = slice(None) if pair is None or scheme != "sinusoidal" else [2 * pair, 2 * pair + 1]
    content = float(q[dimensions] @ k[dimensions]) / math.sqrt(head_dim)
    return content - slope * abs(i - j) if scheme == "alibi" else content


def scores(scheme: str, rows: np.ndarray, **options: Unpack[Options]) -> np.ndarray:
    """Return the scores of every row with every row, each at its own place."""
    n = len(rows)
    return np.array([[score(scheme, rows[i], rows[j], i, j, **options) for j in range(n)] for i in range(n)])


def root_mean_square(values: Iterable[float]) -> float:
    """Return the root mean square of the differences over all pairs."""
    return math.sqrt(np.mean([(a - b) ** 2 for a, b in itertools.combinations(values, 2)]))


def _added(scheme: str, vector: np.ndarray, place: int, table: np.ndarray | None) -> np.ndarray:
    vector = vector.astype(np.float64)
    if scheme == "learned":
        assert table is not None, "learned positions are rows of a table"
        return vector + table[place]
    if scheme == "sinusoidal":
        d_model = len(vector)
        angles = place / 10_000.0 ** (np.arange(0, d_model, 2) / d_model)
        return vector * math.sqrt(d_model) + np.column_stack((np.sin(angles), np.cos(angles))).ravel()
    return vector


def _of_head(vector: np.ndarray, head: int, head_dim: int) -> np.ndarray:
    centered = vector - vector.mean()
    return (centered / math.sqrt((centered**2).mean() + 1e-5))[head * head_dim : (head + 1) * head_dim]


def _complex(part: np.ndarray) -> np.ndarray:
    half = len(part) // 2
    return part[:half] + 1j * part[half:]
