"""What is shared by the schemes with a learned row for each distance, or for each group of distances."""

from collections.abc import Callable

import numpy as np

from embedcore import contract
from export.oracles.request import Arrays, Request


def rows_of_distances(request: Request, row_of: Callable[[int], int]) -> Arrays:
    """Return the stored row of each distance; `row_of` gives the number of that row."""
    rows = [row_of(int(distance)) for distance in request.distances]
    return {contract.RELATIVE_EMBEDDINGS: request.table[rows].astype(np.float64)}
