"""Some of many, evenly spread: what a picture draws, and where a measure looks."""

import numpy as np
from jaxtyping import Int64


def evenly(n: int, most: int) -> Int64[np.ndarray, " n_chosen"]:
    """Return the indices of all of `n` ≥ 1, or of `most` ≥ 1 of them, evenly spread, first and last too.

    >>> evenly(10, 4)   →   [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
