"""No positions: the layer is a plain lookup, and a sequence is a bag of rows."""

from typing import ClassVar

from torch import Tensor

from embedcore.nn.scheme import PositionScheme


class NoPositions(PositionScheme):
    """Add nothing. context_length ≥ 1 still bounds the sequence."""

    name: ClassVar[str] = "none"

    def forward(self, sequence: int) -> dict[str, Tensor]:
        """Return no outputs, whatever the sequence."""
        del sequence
        return {}
