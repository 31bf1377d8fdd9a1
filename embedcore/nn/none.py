"""No positions: the rows alone."""

from torch import Tensor

from embedcore.nn.scheme import PositionScheme


class NoPosition(PositionScheme):
    """Nothing is added: the rows know nothing of order. Source: Kazemnejad et al. 2023 (NoPE)."""

    name = "none"

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return nothing."""
        del positions
        return {}
