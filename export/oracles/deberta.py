"""DeBERTa's relative positions: a learned row for each near distance, and for each bucket of far ones."""

import math
from collections.abc import Mapping
from typing import Any, Final

from export.oracles.request import Arrays, Oracle, Request
from export.oracles.rows import rows_of_distances


def deberta(request: Request) -> Arrays:
    """Return the rows by He et al. 2021, equation 3, with the logarithmic buckets of DeBERTa v2 where there are any."""
    return rows_of_distances(request, lambda distance: _row(distance, request.parameters))


def _row(distance: int, parameters: Mapping[str, Any]) -> int:
    span = parameters["n_buckets"] or parameters["max_distance"]
    half = span // 2
    if parameters["n_buckets"] and abs(distance) > half:
        share = math.log(abs(distance) / half) / math.log((parameters["max_distance"] - 1) / half)
        distance = int(math.copysign(half + math.ceil(round(share * (half - 1), 9)), distance))
    return max(0, min(2 * span - 1, distance + span))


ORACLES: Final[Mapping[str, Oracle]] = {"deberta": deberta}
