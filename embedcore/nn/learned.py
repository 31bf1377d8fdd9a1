"""Learned absolute positions: a second table with one row for each position."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import check_size, check_table
from embedcore.nn.graph import Graph, floats
from embedcore.nn.scheme import PositionScheme, check_matrix


class Learned(PositionScheme):
    """A trainable table [context_length, d_model]; row p belongs to position p, whatever token stands there.

    The table may be float16: rows are gathered first and converted afterwards. Source: Gehring et al. 2017, section
    3.1; GPT-2 (Radford et al. 2019). Raises ShapeError unless the table is a matrix.
    """

    name = "learned"

    def __init__(self, table: Tensor) -> None:
        check_matrix(table, "[context_length, d_model]")
        super().__init__()
        self.table = nn.Parameter(table)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return an untrained table. Raises ShapeError unless context_length ≥ 1."""
        check_size(1, context_length=context_length, d_model=d_model)
        check_table(context_length, d_model)
        return cls(nn.Embedding(context_length, d_model).weight.detach(), **hyperparameters)

    @property
    def n_positions(self) -> int:
        """The number of rows of the table."""
        return self.table.shape[0]

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the rows of `positions`: position_embeddings [sequence, d_model]."""
        return {contract.POSITION_EMBEDDINGS: nn.functional.embedding(positions, self.table).to(torch.float32)}

    def added(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the rows, which are added to the token rows."""
        return outputs[contract.POSITION_EMBEDDINGS]


class LearnedGraph(nn.Module):
    """The lookup of learned positions, with the table as an input."""

    def forward(self, table: Tensor, positions: Tensor) -> Tensor:
        """Return the rows of `positions` int64 [sequence] in `table` float32 [n_positions, d_model]."""
        return nn.functional.embedding(positions, table)


GRAPHS: Final[Mapping[str, Graph]] = {
    "learned": Graph(
        LearnedGraph(),
        {"table": (floats(5, 6), ("n_positions", "d_model")), "positions": (torch.arange(3), ("positions",))},
        (contract.POSITION_EMBEDDINGS,),
    )
}
