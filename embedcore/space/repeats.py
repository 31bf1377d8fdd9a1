"""Which tokens stand in a text more than once, and whether their rows are the same."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int64


def repeats(token_ids: Int64[np.ndarray, " n_tokens"]) -> Mapping[int, Int64[np.ndarray, " n_places"]]:
    """Return the places of every id that stands in `token_ids` at least twice, in the order of the ids.

    >>> {token_id: places.tolist() for token_id, places in repeats(np.array([5, 3, 5, 9, 3, 5])).items()}
    {3: [1, 4], 5: [0, 2, 5]}
    """
    ids, counts = np.unique(token_ids, return_counts=True)
    return {token_id: np.flatnonzero(token_ids == token_id) for token_id in ids[counts > 1].tolist()}


def largest_difference(rows: np.ndarray) -> float:
    """Return the largest absolute difference between any row and the first; 0 where all are the same.

    >>> largest_difference(np.array([[1.0, 2.0], [1.0, 2.0], [1.5, 2.0]]))
    0.5
    """
    return float(np.abs(rows - rows[0]).max())
