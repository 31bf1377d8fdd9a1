"""What the schemes with one learned vector a distance share: Shaw's, BERT's and DeBERTa's."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.nn.distance import all_distances
from embedcore.nn.scheme import PositionScheme
from embedcore.sizes import check_least, head_width


class RelativeTable(PositionScheme):
    """A trainable table [n_rows, head_dim], one row for some distances, shared by all heads; a subclass says which.

    Output: relative_embeddings [2·sequence − 1, head_dim], row r for distance i − j = r − (sequence − 1).
    """

    def __init__(self, table: Tensor, *, n_heads: int, max_distance: int) -> None:
        check_least(1, max_distance=max_distance, n_heads=n_heads)
        super().__init__()
        self.n_heads = n_heads
        self.max_distance = max_distance
        self.table = nn.Parameter(table)

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads and the largest distance that is told apart."""
        return {"n_heads": self.n_heads, "max_distance": self.max_distance}

    def rows(self, distances: Tensor) -> Tensor:
        """Return the table's row for each of `distances`, int64 of any shape."""
        raise NotImplementedError

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the vector of every distance that the sequence has."""
        rows = self.rows(all_distances(positions))
        return {contract.RELATIVE_EMBEDDINGS: nn.functional.embedding(rows, self.table).to(torch.float32)}


def drawn_rows(n_rows: int, d_model: int, n_heads: int) -> Tensor:
    """Return an untrained table [n_rows, head_dim] from torch's generator."""
    return nn.Embedding(n_rows, head_width(d_model, n_heads)).weight.detach()
