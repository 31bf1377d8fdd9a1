"""The axis of the bars in a list of scores: it depends on the table and never on which rows are listed best."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from embedcore.space.extremes import largest_size
from embedcore.space.metrics import Metric, check_metric

_MINUS: Final = "\u2212"


@dataclass(frozen=True, slots=True)
class BarAxis:
    """An axis from `low` ≤ 0 to `high` > 0, in the unit of the scores; a bar runs from 0 to its score."""

    low: float
    high: float

    def place(self, score: float) -> float:
        """Return where `score` lies: 0 at the low end, 1 at the high one, and at an end what lies beyond it.

        >>> BarAxis(-1.0, 1.0).place(0.5), BarAxis(0.0, 2.0).place(3.0)
        (0.75, 1.0)
        """
        return min(max((score - self.low) / (self.high - self.low), 0.0), 1.0)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """The places and the labels of both ends and of 0, or of the middle where 0 is an end."""
        values = (self.low, 0.0 if self.low < 0 else self.high / 2, self.high)
        return tuple((self.place(value), f"{value:.3g}".replace("-", _MINUS)) for value in values)


def bar_axis(metric: Metric, scores: Float[np.ndarray, " n_rows"], listed: Float[np.ndarray, " n_listed"]) -> BarAxis:
    """Return the axis for the scores of a list, given those of the whole table.

    A cosine's axis ends at 1, which is the largest possible one; a dot product's and a distance's end at the largest
    size in the whole table. The axis begins at 0, or at the negative of its end where a listed score is negative.

    >>> bar_axis("cosine", np.array([0.2, -0.1]), np.array([0.2]))
    BarAxis(low=0.0, high=1.0)
    """
    check_metric(metric)
    high = 1.0 if metric == "cosine" else largest_size(scores)
    return BarAxis(-high if (listed < 0).any() else 0.0, high)
