"""Learned positions: the rows of the stored table."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from embedcore import contract
from export.oracles.request import Arrays, Oracle, Request


def learned(request: Request) -> Arrays:
    """Return the row of each position. Source: Gehring et al. 2017, section 3.1."""
    return {contract.POSITION_EMBEDDINGS: request.table[request.first : request.after].astype(np.float64)}


ORACLES: Final[Mapping[str, Oracle]] = {"learned": learned}
