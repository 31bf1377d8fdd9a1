"""Shaw's relative positions: a learned row for each clipped distance."""

from collections.abc import Mapping
from typing import Final

from export.oracles.request import Arrays, Oracle, Request
from export.oracles.rows import rows_of_distances


def shaw(request: Request) -> Arrays:
    """Return the rows by Shaw et al. 2018, section 3.2: w_clip(j − i, k), where the first row is w_−k."""
    k = request.parameters["max_distance"]
    return rows_of_distances(request, lambda distance: max(-k, min(k, -distance)) + k)


ORACLES: Final[Mapping[str, Oracle]] = {"shaw": shaw}
