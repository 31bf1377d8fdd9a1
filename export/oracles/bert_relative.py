"""BERT's relative positions: a learned row for each distance within the longest sequence."""

from collections.abc import Mapping
from typing import Final

from export.oracles.request import Arrays, Oracle, Request
from export.oracles.rows import rows_of_distances


def bert_relative(request: Request) -> Arrays:
    """Return the rows in the order of BERT's distance_embedding: the first row belongs to the key m − 1 ahead."""
    m = request.parameters["max_distance"]
    return rows_of_distances(request, lambda distance: max(1 - m, min(m - 1, distance)) + m - 1)


ORACLES: Final[Mapping[str, Oracle]] = {"bert-relative-key": bert_relative, "bert-relative-key-query": bert_relative}
