"""How near a row is to a query: cosine, dot product, Euclidean distance, each exact in float64."""

from collections.abc import Iterator
from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Float, Float64

from embedcore.errors import ShapeError

Metric = Literal["cosine", "dot", "euclidean"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
SMALLEST: Final = 1e-140  # of a float64 row that is not 0: its square is still a normal number
LARGEST: Final = 1e140
_VALUES_AT_ONCE: Final = 1 << 22  # of a float64 copy: 32 MB


def all_scores(
    table: Float[np.ndarray, "n d_model"], query: Float[np.ndarray, " d_model"], *, metric: Metric = "cosine"
) -> Float64[np.ndarray, " n"]:
    """Return the score of every row against one query, in float64: a Euclidean score is the distance itself.

    The cosine with a zero vector is 0. Raises ShapeError if the widths differ, the metric is unknown, or a value is not
    finite.
    """
    check_metric(metric)
    if query.ndim != 1 or table.ndim != 2 or table.shape[1] != len(query):
        msg = f"the table is {list(table.shape)} and the query {list(query.shape)}: give [n, d_model] and [d_model]"
        raise ShapeError(msg)
    scores = np.empty(len(table))
    wide = query.astype(np.float64)[None]
    for rows in row_blocks(*table.shape):
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite shows in its score, and is named
            scores[rows] = closeness(table[rows][None], wide, metric)[0]
    check_rows(query[None], name="the query")
    if not np.isfinite(scores).all() or table.dtype.itemsize > 4:
        check_rows(table, name="the table")
    return -scores if metric == "euclidean" else scores


def closeness(
    rows: Float[np.ndarray, "n_queries n d_model"], queries: Float64[np.ndarray, "n_queries d_model"], metric: Metric
) -> Float64[np.ndarray, "n_queries n"]:
    """Return how near each query's own rows are to it, in float64, higher is nearer: a distance comes negated.

    Equal rows get equal bits, whatever their place: einsum adds each row's products in the same order.
    """
    wide = rows.astype(np.float64, order="C")  # einsum adds in the order of memory
    queries = np.ascontiguousarray(queries)
    if metric == "euclidean":
        wide -= queries[:, None]
        return -np.sqrt(np.einsum("qnd,qnd->qn", wide, wide))
    dots: Float64[np.ndarray, "n_queries n"] = np.einsum("qnd,qd->qn", wide, queries)
    if metric == "dot":
        return dots
    lengths = np.sqrt(np.einsum("qnd,qnd->qn", wide, wide)) * np.sqrt(np.einsum("qd,qd->q", queries, queries))[:, None]
    cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths != 0)
    return np.clip(cosines, -1.0, 1.0)


def row_lengths(table: Float[np.ndarray, "n d_model"]) -> Float64[np.ndarray, " n"]:
    """Return the Euclidean length of each row, in float64, without a float64 copy of the whole table."""
    lengths = np.empty(len(table))
    for rows in row_blocks(*table.shape):
        wide = table[rows].astype(np.float64, order="C")
        lengths[rows] = np.sqrt(np.einsum("nd,nd->n", wide, wide))
    return lengths


def row_blocks(n_rows: int, width: int) -> Iterator[slice]:
    """Yield slices of rows whose float64 copy takes 32 MB at most (one row at least)."""
    size = max(1, _VALUES_AT_ONCE // max(1, width))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def check_metric(metric: str) -> None:
    """Raise ShapeError unless `metric` is one of METRICS."""
    if metric not in METRICS:
        msg = f"there is no metric {metric!r}: choose {', '.join(METRICS)}"
        raise ShapeError(msg)


def check_rows(rows: np.ndarray, *, name: str) -> None:
    """Raise ShapeError unless `rows` are finite floating-point numbers [n, d_model], n and d_model ≥ 1.

    The largest value of a float64 row that is not 0 must be 1e-140 to 1e140, so that its square is one too.
    """
    if rows.ndim != 2 or 0 in rows.shape:
        msg = f"{name} has shape {list(rows.shape)}, but must be [n, d_model] with at least one row and one dimension"
        raise ShapeError(msg)
    if not np.issubdtype(rows.dtype, np.floating):
        msg = f"{name} holds {rows.dtype}, but must hold floating-point numbers"
        raise ShapeError(msg)
    bad = [
        start + np.flatnonzero(~np.isfinite(rows[start:stop]).all(axis=1))
        for start, stop in ((block.start, block.stop) for block in row_blocks(*rows.shape))
    ]
    bad_rows = np.concatenate(bad)
    if len(bad_rows):
        shown = ", ".join(map(str, bad_rows[:5].tolist())) + (", …" if len(bad_rows) > 5 else "")
        msg = (
            f"{len(bad_rows):,} of {len(rows):,} rows of {name} hold NaN or infinite values (row {shown}): "
            "leave them out first"
        )
        raise ShapeError(msg)
    if rows.dtype.itemsize > 4:
        _check_range(rows, name)


def _check_range(rows: np.ndarray, name: str) -> None:
    for block in row_blocks(*rows.shape):
        largest = np.abs(rows[block]).max(axis=1)
        bad = np.flatnonzero((largest > LARGEST) | ((largest < SMALLEST) & (largest > 0)))
        if len(bad):
            msg = (
                f"the largest value of row {block.start + bad[0]} of {name} is {largest[bad[0]]:.3g}, but must be 0 or "
                f"{SMALLEST:g} to {LARGEST:g}: scale the rows"
            )
            raise ShapeError(msg)
