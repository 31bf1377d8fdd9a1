"""The exact rank of given rows among all others of a table: how many rows are nearer. It needs no graph."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from embedcore.engine.threads import n_threads
from embedcore.errors import ShapeError
from embedcore.space.metrics import Metric, check_metric, check_rows, closeness, row_blocks, row_lengths

_SCORES_AT_ONCE: Final = 1 << 24  # 64 MB of float32 scores
_EPSILON: Final = 2.0**-24  # float32's rounding, relative


def neighbor_ranks(
    vectors: Float[np.ndarray, "n d_model"],
    others: Int64[np.ndarray, "_ m"],
    *,
    metric: Metric = "cosine",
    progress: Callable[[float], None] | None = None,
) -> Int64[np.ndarray, "n m"]:
    """Return the rank of row `others[i, j]` among all rows but i, by nearness to row i: 1 (nearest) to n − 1.

    Each of `others` in 0…n − 1, and not i itself. Equally near rows rank by id, as in `neighbors`. `progress` is told
    the share that is done, in [0, 1], in this thread; what it raises ends the work. Raises ShapeError for other shapes
    and values, and where a row is not finite.

    All rows are scored in float32 and sorted; where two scores are nearer than float32's rounding can tell, the rows
    are scored again in float64. For that rounding we take 2 (√d_model + 2) · 2⁻²⁴ of the product of lengths, the
    probabilistic bound of Higham & Mary 2019 (20 units in the last place at 64 wide, where the root mean square that
    we measured is 0.4): ranks are those of float64, save by an accident that would move one by one place.

    >>> neighbor_ranks(np.array([[1.0, 0], [1, 1], [0, 1]]), np.array([[1], [2], [0]]))
    array([[1],
           [2],
           [2]])
    """
    _check(vectors, others, metric)
    scoring = _Scoring(vectors, metric)
    n_rows = len(vectors)
    ranks = np.empty(others.shape, np.int64)
    at_once = n_threads()
    size = max(at_once, _SCORES_AT_ONCE // n_rows)
    buffer = np.empty((min(size, n_rows), n_rows), np.float32)
    with ThreadPoolExecutor(at_once) as threads:
        for start in range(0, n_rows, size):
            block = np.arange(start, min(start + size, n_rows))
            scores = scoring.rough(block, buffer[: len(block)])
            bands = scoring.bands(block, scores, others[block])

            def rank(
                rows: np.ndarray, start: int = start, scores: np.ndarray = scores, bands: np.ndarray = bands
            ) -> None:
                for row in rows.tolist():
                    ranks[row] = scoring.ranks(row, scores[row - start], others[row], bands[row - start])

            # The product takes all threads, then all sort and count: none waits for another's core.
            list(threads.map(rank, np.array_split(block, at_once)))
            if progress is not None:
                progress((start + len(block)) / n_rows)
    return ranks


class _Scoring:
    """Scores of a metric, higher is nearer: rough ones by a float32 product, exact ones in float64."""

    def __init__(self, vectors: Float[np.ndarray, "n d_model"], metric: Metric) -> None:
        n_rows, d_model = vectors.shape
        self.vectors, self.metric = vectors, metric
        # A Euclidean order is that of x·y − |y|²/2, which rounds least about the mean; one more column adds the half.
        is_euclidean = metric == "euclidean"
        center = vectors.mean(axis=0, dtype=np.float64) if is_euclidean else np.zeros(d_model)
        self._right = np.empty((n_rows, d_model + is_euclidean), np.float32)
        lengths = row_lengths(vectors) if not is_euclidean else np.empty(n_rows)
        for rows in row_blocks(n_rows, d_model) if is_euclidean else ():
            lengths[rows] = np.linalg.norm(vectors[rows] - center, axis=1)
        longest = float(lengths.max()) or 1.0  # scaled to 1: squares then fit float32
        scale = np.where(lengths > 0, lengths, 1.0) if metric == "cosine" else np.full(n_rows, longest)
        for rows in row_blocks(n_rows, d_model):
            self._right[rows, :d_model] = (vectors[rows] - center) / scale[rows, None]
        self._lengths = lengths / scale
        self._left = self._right
        if is_euclidean:
            self._left = self._right.copy()
            self._right[:, -1], self._left[:, -1] = -(self._lengths**2) / 2, 1.0
        self._rounding = 2 * (np.sqrt(d_model) + 2) * _EPSILON

    def rough(self, rows: Int64[np.ndarray, " m"], out: Float32[np.ndarray, "m n"]) -> Float32[np.ndarray, "m n"]:
        """Write the float32 scores of all rows for each of `rows`, −∞ for itself, into `out`."""
        np.matmul(self._left[rows], self._right.T, out=out)
        out[np.arange(len(rows)), rows] = -np.inf
        return out

    def exact(self, row: int, others: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        """Return the float64 scores of `others` for one row, equal to the bit for equal rows."""
        query = self.vectors[row].astype(np.float64)
        return closeness(self.vectors[others][None], query[None], self.metric)[0]

    def bands(
        self, rows: Int64[np.ndarray, " m"], scores: Float32[np.ndarray, "m n"], others: Int64[np.ndarray, "m n_others"]
    ) -> Float32[np.ndarray, "m 2 n_others"]:
        """Return, for each row, between which rough scores a row may be tied with each of its others, or before it."""
        centers = np.take_along_axis(scores, others, axis=1)
        own = self._lengths[rows][:, None]
        if self.metric == "euclidean":  # a third row that is as near as another one is at most 2 own + other long
            reach = 2 * own + self._lengths[others]
            width = self._rounding * (own * reach + reach**2 / 2)
        else:
            width = self._rounding * own
        return np.stack((centers - width, centers + width), axis=1).astype(np.float32)

    def ranks(
        self,
        row: int,
        scores: Float32[np.ndarray, " n"],
        others: Int64[np.ndarray, " m"],
        bands: Float32[np.ndarray, "2 m"],
    ) -> Int64[np.ndarray, " m"]:
        """Return the ranks of `others` for one row, given its rough scores and the bands around theirs."""
        low, high = bands
        ordered = np.sort(scores)
        ends = np.searchsorted(ordered, high, side="right")
        ranks = len(scores) + 1 - ends
        is_unclear = ends - np.searchsorted(ordered, low) > 1  # each is in its own band
        if is_unclear.any():
            ranks[is_unclear] += self._before(row, scores, others[is_unclear], low[is_unclear], high[is_unclear])
        return ranks

    def _before(
        self, row: int, scores: np.ndarray, others: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> Int64[np.ndarray, " m"]:
        """Return how many rows whose rough score is between `low` and `high` are in truth before each of `others`."""
        is_close = np.zeros(len(scores), bool)
        for least, most in zip(low, high, strict=True):
            is_close |= (scores >= least) & (scores <= most)
        close = np.flatnonzero(is_close)
        place = np.empty(len(close), np.int64)
        place[np.argsort(-self.exact(row, close), kind="stable")] = np.arange(len(close))  # equal ones by id
        # Those of the close that lie above `high` were counted already: every one of them is nearer, beyond doubt.
        n_above = len(close) - np.searchsorted(np.sort(scores[close]), high, side="right")
        return place[np.searchsorted(close, others)] - n_above


def _check(vectors: np.ndarray, others: np.ndarray, metric: str) -> None:
    check_metric(metric)
    check_rows(vectors, name="the table")
    n_rows = len(vectors)
    if others.ndim != 2 or len(others) != n_rows:
        msg = f"others have shape {list(others.shape)}, but {n_rows:,} rows need [{n_rows}, m]: one line for each row"
        raise ShapeError(msg)
    is_bad = (others < 0) | (others >= n_rows) | (others == np.arange(n_rows)[:, None])
    if is_bad.any():
        row, column = np.argwhere(is_bad)[0]
        msg = f"row {row} asks for the rank of row {others[row, column]}, but must ask for another of 0…{n_rows - 1}"
        raise ShapeError(msg)
