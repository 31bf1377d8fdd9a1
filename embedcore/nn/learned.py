"""Learned absolute positions: a second table, one row a place."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.nn.scheme import PositionScheme


class Learned(PositionScheme):
    """A trainable table [context_length, d_model], the same row for whatever token stands at a place.

    The table may be float16: rows are gathered first and converted after. Source: Gehring et al. 2017, section 3.1;
    GPT-2 (Radford et al. 2019).
    """

    name = "learned"

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(table)

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the rows of `positions`: position_embeddings [sequence, d_model]."""
        return {contract.POSITION_EMBEDDINGS: nn.functional.embedding(positions, self.table).to(torch.float32)}

    def added(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the rows: they are added."""
        return outputs[contract.POSITION_EMBEDDINGS]
