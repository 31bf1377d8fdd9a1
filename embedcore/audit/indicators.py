"""Which rows did training never touch? Measures of every row that need the table alone.

The norm, and the cosine to the mean of rows known to be unused, are those of Land & Bartolo 2024 ("Fishing for
Magikarp", arXiv 2405.05417), who use the first for input tables and the second for output tables.

WARNING: at random initialization rows share no direction. The cosine finds unused rows where training pushed them all
one way, as a softmax does with output rows that are never the answer; it cannot find rows that nothing ever moved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from embedcore.checks.token_ids import one_row
from embedcore.errors import ShapeError
from embedcore.space.metrics import check_rows
from embedcore.values import ByContent

IndicatorName = Literal["norm", "distance", "cosine", "norm gap"]

N_SHARES: Final = 10
_ROWS_AT_ONCE: Final = 4096  # a float64 copy of a whole vocabulary would double the app's memory
_ROUNDING: Final = 1e-12  # a vector shorter than this share of its row is left over from rounding, and has no direction
_NO_SHARE: Final = 1e-14  # a share of the variance that is no more than its rounding counts as 0
_MAX_NAMED: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Indicator(ByContent):
    """One number for each row; low values speak for an untouched row where `is_low`, high values elsewhere."""

    name: IndicatorName
    values: Float64[np.ndarray, " n_rows"]
    is_low: bool = True

    @property
    def is_flat(self) -> bool:
        """Whether all rows have the same value but for rounding, so that it ranks nothing."""
        return float(np.ptp(self.values)) <= 1e-9 * float(np.abs(self.values).max())

    def flagged(self, threshold: float) -> Bool[np.ndarray, " n_rows"]:
        """Return which rows lie at the threshold or beyond it, on the side of the untouched."""
        return self.values <= threshold if self.is_low else self.values >= threshold

    def flagged_rows(
        self, threshold: float, among: Bool[np.ndarray, " n_rows"] | None = None
    ) -> Int64[np.ndarray, " n_flagged"]:
        """Return the flagged rows (of those `among`), in the order of `ranking`."""
        flagged = self.flagged(threshold) if among is None else self.flagged(threshold) & among
        order = self.ranking()
        return order[flagged[order]]

    def ranking(self) -> Int64[np.ndarray, " n_rows"]:
        """Return all rows, those that look most untouched first; of equal rows the lower id."""
        return np.argsort(self.values if self.is_low else -self.values, kind="stable").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Isotropy(ByContent):
    """How evenly the rows point in all directions.

    `mean_cosine` is the mean over every pair of different rows, in [−1, 1], near 0 where no direction is preferred (a
    zero row has cosine 0 with all); `variance_shares` are the first components' shares of the total variance,
    at most 10, falling, all 0 where the rows are equal.
    """

    mean_cosine: float
    variance_shares: Float64[np.ndarray, " n_shares"]

    @property
    def held_by_first(self) -> float:
        """The share of the total variance that the first components hold together."""
        return float(self.variance_shares.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Audit(ByContent):
    """The indicators of every row of a table, and of its output table where one was given.

    `norm` is the Euclidean length; `distance` that to the mean row; `cosine` that to the mean of the rows `unused`,
    after the first principal component is taken out of all; `norm_gap` how far the norm is from the unused rows' mean
    norm. The last two are None where nothing can be said, and `missing` says why.
    """

    norm: Indicator
    distance: Indicator
    cosine: Indicator | None
    norm_gap: Indicator | None
    missing: str
    isotropy: Isotropy
    unused: Int64[np.ndarray, " n_unused"]
    output: "Audit | None" = None

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators that are there."""
        every = (self.norm, self.distance, self.cosine, self.norm_gap)
        return tuple(indicator for indicator in every if indicator is not None)

    @property
    def are_equal(self) -> bool:
        """Whether all rows of the table are equal but for rounding."""
        return not self.isotropy.variance_shares.any()


def audit(
    table: Float[np.ndarray, "n_rows d_model"],
    *,
    unused: Any = None,
    output_table: Float[np.ndarray, "n_output d_output"] | None = None,
) -> Audit:
    """Measure every row of `table`, in float64, against the rows `unused` that training cannot have touched.

    n_rows ≥ 2, every value finite; `unused` one row of ids in 0…n_rows − 1 (see token_categories.known_unused), none by
    default. An `output_table` (n_rows of output weights) is measured in the same way. Raises ShapeError otherwise.
    Source: Land & Bartolo 2024. As in their code, the component is found on centered rows, and taken out of the rows
    as they are.

    >>> audit(np.array([[3.0, 4.0], [0.0, 0.0]])).norm.values
    array([5., 0.])
    """
    ids = _checked(table, np.zeros(0, np.int64) if unused is None else np.unique(one_row(unused)))
    n_rows, d_model = table.shape
    norm, distance = np.empty(n_rows), np.empty(n_rows)
    mean = table.mean(axis=0, dtype=np.float64)
    covariance, direction = np.zeros((d_model, d_model)), np.zeros(d_model)
    for rows, vectors in _blocks(table):
        centered = vectors - mean
        norm[rows], distance[rows] = np.linalg.norm(vectors, axis=1), np.linalg.norm(centered, axis=1)
        covariance += centered.T @ centered
        direction += _unit(vectors, norm[rows]).sum(axis=0)
    shares, first = _components(covariance, float((norm**2).sum()))
    n_directed = int((norm > 0).sum())
    cosine, missing = _cosine(table, ids, first, norm)
    return Audit(
        Indicator("norm", norm),
        Indicator("distance", distance),
        cosine,
        Indicator("norm gap", np.abs(norm - norm[ids].mean())) if len(ids) else None,
        missing,
        Isotropy(float(np.clip((direction @ direction - n_directed) / (n_rows * (n_rows - 1)), -1, 1)), shares),
        ids,
        None if output_table is None else _output(output_table, ids, n_rows),
    )


def _checked(table: np.ndarray, unused: np.ndarray) -> Int64[np.ndarray, " n_unused"]:
    if table.ndim != 2 or len(table) < 2 or table.shape[1] < 1:
        msg = f"the table has shape {list(table.shape)}, but rows are compared: give [n_rows, d_model], 2 rows or more"
        raise ShapeError(msg)
    bad = [rows.start + np.flatnonzero(~np.isfinite(vectors).all(axis=1)) for rows, vectors in _blocks(table)]
    named = np.concatenate(bad).tolist()
    if named:
        ids = ", ".join(map(str, named[:_MAX_NAMED])) + (" …" if len(named) > _MAX_NAMED else "")
        msg = (
            f"{len(named):,} of {len(table):,} rows hold NaN or infinite values (ids {ids}): "
            "mend the file, or leave these rows out"
        )
        raise ShapeError(msg)
    check_rows(table, name="the table")
    outside = unused[(unused < 0) | (unused >= len(table))]
    if len(outside):
        msg = f"row {outside[0]} is named as unused, but the table has rows 0…{len(table) - 1}: name rows of this table"
        raise ShapeError(msg)
    return unused.astype(np.int64)


def _components(covariance: np.ndarray, squares: float) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the first components' shares of the variance, and the first direction: None where the rows are equal."""
    values, columns = np.linalg.eigh(covariance)  # ascending; each column is an eigenvector
    total, n_shares = float(np.trace(covariance)), min(N_SHARES, len(values))
    if total <= _ROUNDING**2 * squares:
        return np.zeros(n_shares), None
    shares = values[::-1][:n_shares] / total
    return np.where(shares > _NO_SHARE, shares, 0.0), columns[:, -1]


def _cosine(
    table: np.ndarray, unused: np.ndarray, first: np.ndarray | None, norm: np.ndarray
) -> tuple[Indicator | None, str]:
    """Return each row's cosine to the mean of the unused rows, without the first component; or why there is none."""
    if not len(unused):
        return None, "no row is known to be unused, so there is nothing to compare with: name some as `unused`"
    known = _without(table[unused].astype(np.float64), first)
    reference = known.mean(axis=0)
    length = float(np.linalg.norm(reference))
    if length <= _ROUNDING * float(norm[unused].max()):
        return None, f"the mean of the {len(unused)} unused rows is zero and points nowhere: name others as `unused`"
    cosine = np.zeros(len(table))
    for rows, vectors in _blocks(table):
        rest = _without(vectors, first)
        lengths = np.linalg.norm(rest, axis=1)
        unit = _unit(rest, np.where(lengths > _ROUNDING * norm[rows], lengths, 0.0))
        cosine[rows] = np.clip(unit @ (reference / length), -1.0, 1.0)
    return Indicator("cosine", cosine, is_low=False), ""


def _output(output_table: np.ndarray, unused: np.ndarray, n_rows: int) -> Audit:
    if len(output_table) != n_rows:
        msg = (
            f"the output table has {len(output_table):,} rows and the table {n_rows:,}: they must be of one vocabulary"
        )
        raise ShapeError(msg)
    return audit(output_table, unused=unused)


def _without(vectors: np.ndarray, first: np.ndarray | None) -> np.ndarray:
    return vectors if first is None else vectors - np.outer(vectors @ first, first)


def _unit(vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return np.divide(vectors, lengths[:, None], out=np.zeros_like(vectors), where=lengths[:, None] > 0)


def _blocks(table: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    for start in range(0, len(table), _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(table)))
        yield rows, table[rows].astype(np.float64)
