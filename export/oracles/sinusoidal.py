"""Sinusoidal positions: the waves of each position."""

from collections.abc import Mapping
from typing import Final

from embedcore import contract
from export.oracles.request import Arrays, Oracle, Request
from export.oracles.waves import laid_out_waves


def sinusoidal(request: Request) -> Arrays:
    """Return the waves of the positions, as wide as a token's row. Source: Vaswani et al. 2017, section 3.5."""
    places = request.places + request.parameters.get("first_place", 0)
    return {contract.POSITION_EMBEDDINGS: laid_out_waves(places, request.metadata.d_model, request.parameters)}


ORACLES: Final[Mapping[str, Oracle]] = {"sinusoidal": sinusoidal}
