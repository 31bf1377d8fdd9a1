"""T5's bias: a learned number for each head and bucket of distances."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from export.oracles.bias import bias_by_distance
from export.oracles.request import Arrays, Oracle, Request


def t5(request: Request) -> Arrays:
    """Return the bias by Raffel et al. 2020, section 2.1."""
    table, parameters = request.table.astype(np.float64), request.parameters
    own = len(table), parameters["max_distance"], parameters["is_bidirectional"]
    return bias_by_distance(request, lambda distances: table[[_bucket(distance, *own) for distance in distances]])


@lru_cache(maxsize=1 << 16)
def _bucket(distance: int, n_buckets: int, max_distance: int, is_bidirectional: bool) -> int:
    """Return the bucket of a distance, computed in whole numbers alone."""
    first = 0
    if is_bidirectional:
        n_buckets //= 2
        first = n_buckets if distance < 0 else 0
        distance = abs(distance)
    distance = max(distance, 0)
    exact = n_buckets // 2
    n_far = n_buckets - exact
    bucket = distance
    if distance >= exact:  # the largest m with (distance / exact) ^ n_far ≥ (max_distance / exact) ^ m
        bucket = exact
        while bucket < n_buckets - 1 and distance**n_far * exact ** (bucket + 1 - exact) >= (
            max_distance ** (bucket + 1 - exact) * exact**n_far
        ):
            bucket += 1
    return first + bucket


ORACLES: Final[Mapping[str, Oracle]] = {"t5": t5}
