"""How well does an indicator find the rows that training never touched? Precision and recall where that is known.

They are computed by numpy and not by scikit-learn, whose import would cost the first visitor of the Audit page two
seconds; the tests compare both.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from embedcore.audit.indicators import Indicator
from embedcore.errors import ShapeError
from embedcore.values import ByContent

CANDIDATES: Final = 0.02  # the share of tokens that Land & Bartolo 2024 took for candidates


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """What a threshold flags: of `n_flagged` rows, `n_true_positives` are among the `n_untouched`.

    `precision` is n_true_positives / n_flagged (NaN where no row is flagged), `recall` n_true_positives / n_untouched.
    """

    n_flagged: int
    n_true_positives: int
    n_untouched: int

    @property
    def precision(self) -> float:
        """The share of the flagged rows that are untouched."""
        return self.n_true_positives / self.n_flagged if self.n_flagged else float("nan")

    @property
    def recall(self) -> float:
        """The share of the untouched rows that are flagged."""
        return self.n_true_positives / self.n_untouched

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in [0, 1]."""
        return 2 * self.n_true_positives / (self.n_flagged + self.n_untouched)


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve(ByContent):
    """Precision and recall at every threshold that changes them, from the strictest on; recall never falls.

    `average_precision` is Σ (recall_i − recall_{i−1}) · precision_i. `chance` is the share of untouched rows, which is
    the precision of flagging rows at random. `best_threshold` lies halfway between the row with the highest F1
    (`best_f1`) and the next one.
    """

    thresholds: Float64[np.ndarray, " n_thresholds"]
    precision: Float64[np.ndarray, " n_thresholds"]
    recall: Float64[np.ndarray, " n_thresholds"]
    average_precision: float
    chance: float
    best_threshold: float
    best_f1: float


def precision_recall(indicator: Indicator, truth: Bool[np.ndarray, " n_rows"], threshold: float) -> PrecisionRecall:
    """Count what `threshold` finds; `truth` says of each row whether it is untouched.

    Raises ShapeError if `truth` is of another length, or has no untouched row.
    """
    _check(indicator, truth)
    flagged = indicator.flagged(threshold)
    return PrecisionRecall(int(flagged.sum()), int((flagged & truth).sum()), int(truth.sum()))


def precision_recall_curve(indicator: Indicator, truth: Bool[np.ndarray, " n_rows"]) -> PrecisionRecallCurve:
    """Measure every threshold at once. Raises ShapeError as `precision_recall` does.

    >>> curve = precision_recall_curve(Indicator("norm", np.array([1.0, 2.0, 9.0])), np.array([True, False, False]))
    >>> curve.thresholds, curve.precision, curve.recall
    (array([1., 2., 9.]), array([1.    , 0.5   , 0.3333]), array([1., 1., 1.]))
    >>> curve.average_precision, curve.best_threshold
    (1.0, 1.5)
    """
    _check(indicator, truth)
    order = indicator.ranking()
    values = indicator.values[order]
    last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)  # equal rows are flagged together
    n_true_positives = np.cumsum(truth[order])[last]
    precision, recall = n_true_positives / (last + 1), n_true_positives / n_true_positives[-1]
    f1 = 2 * n_true_positives / (last + 1 + n_true_positives[-1])
    best = int(f1.argmax())
    thresholds = values[last]
    return PrecisionRecallCurve(
        thresholds,
        precision,
        recall,
        float((np.diff(recall, prepend=0.0) * precision).sum()),
        float(truth.mean()),
        float(thresholds[best : best + 2].mean()),
        float(f1[best]),
    )


def candidate_threshold(indicator: Indicator, among: Bool[np.ndarray, " n_rows"] | None = None) -> float:
    """Return the threshold that flags the most suspicious 2 % of the rows `among` (all by default).

    Where `among` has no row, it takes all rows. Source: Land & Bartolo 2024, who took 2 % of the reachable tokens.
    """
    values = indicator.values if among is None or not among.any() else indicator.values[among]
    return float(np.quantile(values, CANDIDATES if indicator.is_low else 1 - CANDIDATES))


def _check(indicator: Indicator, truth: np.ndarray) -> None:
    if truth.shape != indicator.values.shape:
        msg = f"the truth has shape {list(truth.shape)} for {len(indicator.values)} rows: give one value for each row"
        raise ShapeError(msg)
    if not truth.any():
        msg = f"none of the {len(truth)} rows is untouched, so nothing can be found: give a truth with at least 1"
        raise ShapeError(msg)
