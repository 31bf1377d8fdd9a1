"""Absolute positions: one vector per place, added to whatever token stands there."""

from collections.abc import Mapping

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional

from embedcore import contract
from embedcore.nn.scheme import PositionScheme


class AbsolutePositions(PositionScheme):
    """Base of the schemes with a table of positions, float32 or float16 [context_length, d_model].

    A subclass registers `table` as a parameter (learned) or a buffer (computed).
    """

    table: Tensor

    @property
    def d_model(self) -> int:
        """The width of the table."""
        return self.table.shape[1]

    def forward(self, sequence: int) -> dict[str, Tensor]:
        """Return `position_embeddings` float32 [sequence, d_model]: the table's first rows."""
        # A gather, not a slice: past context_length it fails in every runtime, where a slice would stop in silence.
        positions = torch.arange(sequence, device=self.table.device)
        return {contract.POSITION_EMBEDDINGS: functional.embedding(positions, self.table).float()}

    def apply_to(
        self, rows: Float32[Tensor, "batch sequence d_model"], outputs: Mapping[str, Tensor]
    ) -> Float32[Tensor, "batch sequence d_model"]:
        """Return rows + position_embeddings, the same positions for every row of the batch."""
        return rows + outputs[contract.POSITION_EMBEDDINGS]
