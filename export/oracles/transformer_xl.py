"""Transformer-XL's relative positions: the waves of each distance."""

from collections.abc import Mapping
from typing import Final

from embedcore import contract
from export.oracles.request import Arrays, Oracle, Request
from export.oracles.waves import laid_out_waves


def transformer_xl(request: Request) -> Arrays:
    """Return the waves of the distances, as wide as one head. Source: Dai et al. 2019, section 3.3."""
    return {contract.RELATIVE_EMBEDDINGS: laid_out_waves(request.distances, request.head_dim, request.parameters)}


ORACLES: Final[Mapping[str, Oracle]] = {"transformer-xl": transformer_xl}
