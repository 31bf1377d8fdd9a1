"""The nearest rows of a table: exact, proven for every answer, through one ONNX graph.

The graph scores all rows in float32 and hands back a few more than were asked for; these are scored again in float64
and sorted, equal ones by id. A bound on float32's rounding proves that no other row belongs there. Where it cannot,
the graph is asked for many more; where that is not enough (many equal rows), every row that could belong is scored in
float64.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnxruntime
from jaxtyping import Float, Float64, Int64

from embedcore.engine.generic_graphs import open_graph
from embedcore.engine.providers import ProviderReport, ProviderRequest, choose_providers, report_providers
from embedcore.errors import ShapeError
from embedcore.space.bound_rows import are_ordinary, float32_rows, kept, unit_of
from embedcore.space.metrics import Metric, check_metric, check_rows, closeness, row_blocks, row_lengths
from embedcore.space.rounding import rounding
from embedcore.values import ByContent

MAX_K: Final = 1_000
_FEW: Final = 64  # queries of a text: their runs follow each other
_SPARE: Final = 8  # how many more the graph hands back than were asked for
_MUCH_SPARE: Final = 512  # the second time; reading the table once more is cheaper in the graph than outside of it
_SCORES_AT_ONCE: Final = 1 << 24  # 64 MB of float32 scores: how many queries one run takes
_VALUES_AT_ONCE: Final = 1 << 22  # of float64 copies of rows that are scored again: 32 MB
_HALF_VALUES_AT_ONCE: Final = 1 << 26  # of a float16 table, widened to float32 in one run: 256 MB
_LARGEST: Final = 1e18  # longest query, in the index's unit: its product with a row still fits float32


@dataclass(frozen=True, slots=True, eq=False)
class Neighbors(ByContent):
    """The nearest rows of each query, nearest first, equal ones by lower id; a Euclidean score is a distance."""

    token_ids: Int64[np.ndarray, "n_queries k"]
    scores: Float64[np.ndarray, "n_queries k"]


def neighbors(
    table: Float[np.ndarray, "n d_model"],
    queries: Float[np.ndarray, "*n_queries d_model"],
    *,
    k: int,
    metric: Metric = "cosine",
) -> Neighbors:
    """Return the `k` rows of `table` nearest to each query, as in float64: all of them where k > n.

    1 ≤ k ≤ 1,000; `metric` "cosine" (0 with a zero vector), "dot" or "euclidean"; a single query [d_model] is a batch
    of one. Raises ShapeError for other shapes and values, and where a row is not finite. To ask one table again and
    again, keep a `NeighborIndex`.

    >>> neighbors(np.eye(3), np.array([1.0, 0.2, 0.0]), k=2).token_ids
    array([[0, 1]])
    """
    return NeighborIndex(table, metric=metric).search(queries, k=k)


class NeighborIndex:
    """A table bound once to the search graph, and kept on its device; safe to share between threads.

    float32 and float64 tables are searched as float32, float16 ones as they are, widened block by block. Rows may be of
    any length. A float32 table whose rows have ordinary lengths is searched where it lies: no second one is made, for
    cosines either. A table that can be written into is copied, so that what is bound stays as it was.
    """

    def __init__(
        self,
        table: Float[np.ndarray, "n d_model"],
        *,
        metric: Metric = "cosine",
        provider: ProviderRequest = "cpu",
    ) -> None:
        check_metric(metric)
        check_rows(table, name="the table")
        table = kept(table)
        self.table, self.metric = table, metric
        lengths = row_lengths(table)
        # Cosines are of unit rows. Other metrics score rows and queries in a unit in which float32 holds their squares.
        self._unit = 1.0 if metric == "cosine" else unit_of(float(lengths.max()))
        self._longest = 1.0 if metric == "cosine" else float(lengths.max()) * self._unit
        self._is_half = table.dtype == np.float16
        available = onnxruntime.get_available_providers()
        providers = choose_providers(provider, available)
        # Scores are scaled instead of rows, where float32 can do it: a normalized table would be a second copy.
        self._is_scaled = metric == "cosine" and table.dtype == np.float32 and are_ordinary(lengths)
        name = "search_half" if self._is_half else "search_scaled" if self._is_scaled else "search"
        self._session = open_graph(name, providers, has_arena=True)
        self.provider_report: ProviderReport = report_providers(provider, available, self._session.get_providers())
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        # A float16 row is 2⁻²⁴ long at least, so its scale fits float32; the rows of the others are scaled at once.
        is_scaled_late = (self._is_half and metric == "cosine") or self._is_scaled
        self._has_scale = self._is_half or self._is_scaled
        self._scale = (inverse if is_scaled_late else np.ones_like(lengths)).astype(np.float32)
        half = (lengths * self._unit) ** 2 / 2
        self._bias = (-half if metric == "euclidean" else np.zeros_like(lengths)).astype(np.float32)
        # How much a product's smallest error grows with its score's scale.
        self._stretch = max(1.0, float(inverse.max())) if self._is_scaled else 1.0
        is_early = metric == "cosine" and not self._is_scaled
        scale = inverse if is_early else np.full_like(lengths, self._unit) if self._unit != 1 else None
        self._rows = table if self._is_half else float32_rows(table, scale)
        # Each part is bound once; a float32 table is one part, a float16 one is widened part by part.
        size = max(1, _HALF_VALUES_AT_ONCE // table.shape[1]) if self._is_half else len(table)
        self._parts = [
            (
                start,
                self._on_device(self._rows[start : start + size]),
                self._on_device(self._scale[start : start + size]),
            )
            for start in range(0, len(table), size)
        ]

    def search(
        self,
        queries: Float[np.ndarray, "*n_queries d_model"],
        *,
        k: int,
        without: Int64[np.ndarray, " n_without"] | None = None,
    ) -> Neighbors:
        """Return the `k` nearest rows of each query, without the ids of `without`. Raises ShapeError as `neighbors`."""
        wide = self._checked(queries)
        if not 1 <= k <= MAX_K:
            msg = f"k is {k:,}, but must be 1 to {MAX_K:,}"
            raise ShapeError(msg)
        return self._search(wide, k, self._masked(without))

    def graph(self, k: int, *, progress: Callable[[float], None] | None = None) -> Neighbors:
        """Return the `k` nearest other rows of every row; `progress` is told the share that is done, in [0, 1].

        1 ≤ k ≤ 999 and k < n. Raises ShapeError otherwise.
        """
        n_rows = len(self.table)
        if not 1 <= k < min(n_rows, MAX_K):
            msg = f"{k} neighbors of each of {n_rows:,} rows: a row has {n_rows - 1:,} others; choose k from 1 to " + (
                f"{min(n_rows, MAX_K) - 1:,}"
            )
            raise ShapeError(msg)
        token_ids, scores = np.empty((n_rows, k), np.int64), np.empty((n_rows, k))
        for rows in self._query_blocks(n_rows):
            matches = self._search(self.table[rows].astype(np.float64), k + 1, self._bias)
            own = matches.token_ids == np.arange(rows.start, rows.stop)[:, None]
            own[~own.any(axis=1), -1] = True  # among more equal rows than k, a row need not find itself
            token_ids[rows] = matches.token_ids[~own].reshape(-1, k)
            scores[rows] = matches.scores[~own].reshape(-1, k)
            if progress is not None:
                progress(rows.stop / n_rows)
        return Neighbors(token_ids, scores)

    def _search(self, queries: Float64[np.ndarray, "m d_model"], k: int, bias: np.ndarray) -> Neighbors:
        k = min(k, int((bias > -np.inf).sum()))
        token_ids, scores = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        for block in self._query_blocks(len(queries)):
            token_ids[block], scores[block] = self._search_block(queries[block], k, bias)
        return Neighbors(token_ids, -scores if self.metric == "euclidean" else scores)

    def _search_block(
        self, queries: Float64[np.ndarray, "m d_model"], k: int, bias: np.ndarray, spare: int = _SPARE
    ) -> tuple[np.ndarray, np.ndarray]:
        n_allowed = int((bias > -np.inf).sum())
        lengths = np.sqrt(np.einsum("qd,qd->q", queries, queries))
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        is_direction = self.metric != "euclidean"  # the order of dot products does not hang on the query's length
        is_far = (lengths * self._unit > _LARGEST) & (not is_direction)  # beside these rows: float32 is no help
        scaled = queries * np.where(is_far, 0.0, inverse if is_direction else self._unit)[:, None]
        rough, candidates = self._run(scaled.astype(np.float32), min(k + spare, n_allowed), bias)
        exact = self._closeness(candidates, queries)
        order = np.lexsort((candidates, -exact), axis=1)[:, :k]
        token_ids, scores = np.take_along_axis(candidates, order, axis=1), np.take_along_axis(exact, order, axis=1)
        if candidates.shape[1] < n_allowed:
            needed = self._as_rough(scores[:, -1], lengths)
            bound = self._rounding(np.ones_like(lengths) if is_direction else lengths * self._unit)
            needed[is_far] = -np.inf
            unsure = np.flatnonzero(needed <= rough[:, -1] + bound)
            if len(unsure) and spare < _MUCH_SPARE:
                token_ids[unsure], scores[unsure] = self._search_block(queries[unsure], k, bias, _MUCH_SPARE)
                return token_ids, scores
            for index in unsure:
                token_ids[index], scores[index] = self._certain(
                    queries[index], scaled[index].astype(np.float32), k, needed[index] - bound[index], bias
                )
        return token_ids, scores

    def _run(self, queries: np.ndarray, k: int, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the graph's `k` best of all parts: float32 scores, falling, and ids.

        One query over a float32 table on the CPU is a matrix times a vector: numpy reads the table at the speed of
        memory, the graph's product of matrices at half of it. The proof holds for any order of the sum.
        """
        if len(queries) == 1 and not self._is_half and self.provider_report.actual == "cpu":
            rough = self._rows @ queries[0]
            if self._is_scaled:
                rough *= self._scale
            rough += bias
            best = np.argpartition(rough, len(rough) - k)[len(rough) - k :]
            best = best[np.lexsort((best, -rough[best]))]
            return rough[best][None], best[None]
        scores, token_ids = [], []
        for start, rows, scale in self._parts:
            part_bias = bias[start : start + rows.shape()[0]]
            binding = self._session.io_binding()
            binding.bind_ortvalue_input("table", rows)
            if self._has_scale:
                binding.bind_ortvalue_input("scale", scale)
            binding.bind_cpu_input("queries", queries)
            binding.bind_cpu_input("bias", part_bias)
            binding.bind_cpu_input("k", np.array(min(k, len(part_bias))))
            binding.bind_output("scores")
            binding.bind_output("token_ids")
            self._session.run_with_iobinding(binding, self._run_options(len(queries)))
            part_scores, part_ids = binding.copy_outputs_to_cpu()
            scores.append(part_scores)
            token_ids.append(part_ids.view(np.int64) + start)
        if len(self._parts) == 1:
            return scores[0], token_ids[0]
        all_scores, all_ids = np.concatenate(scores, axis=1), np.concatenate(token_ids, axis=1)
        order = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(all_scores, order, axis=1), np.take_along_axis(all_ids, order, axis=1)

    def _run_options(self, n_queries: int) -> onnxruntime.RunOptions:
        """Return options by which a run of many queries gives its memory back; a run of few keeps it for the next."""
        options = onnxruntime.RunOptions()
        if n_queries > _FEW and self.provider_report.actual == "cpu":
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        return options

    def _closeness(self, token_ids: np.ndarray, queries: np.ndarray) -> Float64[np.ndarray, "m n_candidates"]:
        size = max(1, _VALUES_AT_ONCE // (token_ids.shape[1] * self.table.shape[1]))
        parts = [
            closeness(self.table[token_ids[start : start + size]], queries[start : start + size], self.metric)
            for start in range(0, len(queries), size)
        ]
        return np.concatenate(parts)

    def _certain(
        self, query: np.ndarray, rough_query: np.ndarray, k: int, least: float, bias: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best `k` of every row whose float32 score is `least` or more: no other can be among them."""
        possible = []
        for rows in row_blocks(*self.table.shape):
            rough = self._rows[rows].astype(np.float32) @ rough_query
            if self._has_scale:
                rough *= self._scale[rows]
            possible.append(rows.start + np.flatnonzero((rough + bias[rows] >= least) & (bias[rows] > -np.inf)))
        candidates = np.concatenate(possible)
        exact = np.concatenate(
            [
                closeness(self.table[candidates[part]][None], query[None], self.metric)[0]
                for part in row_blocks(len(candidates), self.table.shape[1])
            ]
        )
        order = np.lexsort((candidates, -exact))[:k]
        return candidates[order], exact[order]

    def _as_rough(self, exact: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return exact closeness in the graph's own units."""
        if self.metric == "euclidean":
            return ((lengths * self._unit) ** 2 - (exact * self._unit) ** 2) / 2
        return exact if self.metric == "cosine" else exact * self._unit / np.where(lengths > 0, lengths, 1.0)

    def _rounding(self, lengths: np.ndarray) -> np.ndarray:
        width = self.table.shape[1]
        return rounding(lengths, metric=self.metric, width=width, longest=self._longest, stretch=self._stretch)

    def _masked(self, without: Int64[np.ndarray, " n_without"] | None) -> np.ndarray:
        if without is None or len(without) == 0:
            return self._bias
        n_rows = len(self.table)
        outside = without[(without < 0) | (without >= n_rows)]
        if len(outside):
            msg = f"row {outside[0]} cannot be left out: the table has rows 0…{n_rows - 1}"
            raise ShapeError(msg)
        bias = self._bias.copy()
        bias[without] = -np.inf
        if not (bias > -np.inf).any():
            msg = f"all {n_rows:,} rows are left out: leave at least one in"
            raise ShapeError(msg)
        return bias

    def _checked(self, queries: Any) -> Float64[np.ndarray, "m d_model"]:
        rows = np.atleast_2d(np.asarray(queries))
        check_rows(rows, name="the queries")
        if rows.shape[1] != self.table.shape[1]:
            msg = f"queries are {rows.shape[1]} wide, the table's rows {self.table.shape[1]}: give vectors of its width"
            raise ShapeError(msg)
        return rows.astype(np.float64)

    def _query_blocks(self, n_queries: int) -> Iterator[slice]:
        size = min(512, max(1, _SCORES_AT_ONCE // len(self.table)))
        return (slice(start, min(start + size, n_queries)) for start in range(0, n_queries, size))

    def _on_device(self, values: np.ndarray) -> onnxruntime.OrtValue:
        device = "cuda" if self.provider_report.actual == "cuda" else "cpu"
        return onnxruntime.OrtValue.ortvalue_from_numpy(values, device, 0)
