"""How far a score in float32 may be from the exact one: what makes the search for neighbors a proof."""

from typing import Final

import numpy as np
from jaxtyping import Float64

from embedcore.space.metrics import Metric

_EPSILON: Final = 2.0**-24  # float32's rounding, relative
_TINY: Final = 2.0**-126  # float32's rounding, absolute: below it float32 loses digits


def rounding(
    lengths: Float64[np.ndarray, " m"], *, metric: Metric, width: int, longest: float, stretch: float
) -> Float64[np.ndarray, " m"]:
    """Return how far a float32 score may be from the exact one, at most, for queries of these lengths.

    A float32 product of d terms is off by d · 2⁻²⁴ of the product of lengths, whatever the order of its sum
    (Higham 2002, 3.1); a few more roundings make the float32 rows, queries, scales and biases. A float64 distance
    rounds by 2⁻⁵³ of the query's length, which is more where the query is 10⁹ times as long as every row.
    """
    relative = (width + 8) * _EPSILON * 1.01
    if metric == "cosine":
        size = np.ones_like(lengths)
    elif metric == "dot":
        size = longest * lengths
    else:
        size = longest * lengths + longest**2 / 2 + 2.0**-28 * lengths**2
    return relative * size + width * _TINY * stretch * (1.0 + longest + lengths)
