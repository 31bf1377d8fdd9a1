"""What is shared by the schemes whose bias depends on the distance alone."""

from collections.abc import Callable

import numpy as np

from embedcore import contract
from export.oracles.request import Arrays, Request


def bias_by_distance(request: Request, of_distances: Callable[[range], np.ndarray]) -> Arrays:
    """Return attention_bias [n_heads, n_queries, sequence], whose bias is computed once for each distance i − j.

    `of_distances` returns the bias of a range of distances, [n_distances, n_heads].
    """
    queries = request.places
    least = request.first - (request.sequence - 1)
    by_distance = of_distances(range(least, request.after))
    columns = queries[:, None] - np.arange(request.sequence)[None, :] - least
    return {contract.ATTENTION_BIAS: np.stack([of_head[columns] for of_head in by_distance.T])}
