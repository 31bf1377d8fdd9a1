"""What the schemes with a learned vector for each distance share: those of Shaw et al., BERT and DeBERTa."""

from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import check_size, check_table, head_width
from embedcore.errors import ShapeError
from embedcore.nn.distance import all_distances
from embedcore.nn.scheme import PositionScheme, check_matrix


class RelativeTable(PositionScheme):
    """A trainable table [n_rows, head_dim], shared by all heads; a subclass says which row a distance takes.

    The output is relative_embeddings [2·sequence − 1, head_dim]; its row r belongs to the distance
    i − j = r − (sequence − 1).
    """

    def __init__(self, table: Tensor, *, n_heads: int, max_distance: int, **others: int) -> None:
        check_size(1, n_heads=n_heads)
        n_rows = self.n_rows(max_distance, **others)
        check_matrix(table, f"[{n_rows} rows, head_dim]")
        if table.shape[0] != n_rows:
            msg = f"the table is {list(table.shape)}, but max_distance {max_distance} needs {n_rows} rows: give those"
            raise ShapeError(msg)
        super().__init__()
        self.n_heads = int(n_heads)
        self.max_distance = int(max_distance)
        self.table = nn.Parameter(table)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return an untrained table."""
        del context_length
        own = {name: value for name, value in hyperparameters.items() if name != "n_heads"}
        head_dim = head_width(d_model, hyperparameters["n_heads"])
        n_rows = cls.n_rows(**own)
        check_table(n_rows, head_dim)
        return cls(nn.Embedding(n_rows, head_dim).weight.detach(), **hyperparameters)

    @classmethod
    def n_rows(cls, max_distance: int, **others: int) -> int:
        """Return how many rows the table has. Raises ShapeError where the numbers do not fit together."""
        raise NotImplementedError

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads and `max_distance`."""
        return {"n_heads": self.n_heads, "max_distance": self.max_distance}

    def rows(self, distances: Tensor) -> Tensor:
        """Return the table's row for each of `distances`, int64 of any shape."""
        raise NotImplementedError

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the vector of every distance within the sequence."""
        rows = self.rows(all_distances(positions))
        return {contract.RELATIVE_EMBEDDINGS: nn.functional.embedding(rows, self.table).to(torch.float32)}
