"""An even selection from many things, for a picture that cannot draw all or a measure that samples."""

import numpy as np
from jaxtyping import Int64

from embedcore.checks.given import Size
from embedcore.checks.sizes import check_size


def evenly(n: Size, most: Size) -> Int64[np.ndarray, " n_chosen"]:
    """Return the indices of all of `n` ≥ 1, or of `most` ≥ 1 of them, evenly spread, first and last too.

    Raises ShapeError where one is no whole number, or below 1.

    >>> evenly(10, 4)
    array([0, 3, 6, 9])
    """
    check_size(1, n=n, most=most)
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
