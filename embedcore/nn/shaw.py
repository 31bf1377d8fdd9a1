"""Shaw's relative positions: a learned vector for each clipped distance, added to keys and to values."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from embedcore.checks.sizes import n_shaw_rows
from embedcore.nn.distance import pair_distances, pick_for_queries
from embedcore.nn.graph import Graph, heads, places, relative_table
from embedcore.nn.none import ContentScores
from embedcore.nn.relative import RelativeTable


class Shaw(RelativeTable):
    """The keys' table w_−k … w_k: a query at i and a key at j take row clip(j − i, −k, k) + k; k = max_distance ≥ 1.

    The file carries this table, which decides the score; the values' table acts after the softmax.
    Source: Shaw et al. 2018, section 3.2.
    """

    name = "shaw"

    @classmethod
    def n_rows(cls, max_distance: int, **others: int) -> int:
        """Return 2·max_distance + 1."""
        return n_shaw_rows(max_distance)

    def rows(self, distances: Tensor) -> Tensor:
        """Return the row of each distance."""
        return shaw_rows(distances, self.max_distance)


class ShawGraph(nn.Module):
    """Shaw's scores, with every parameter as an input; k comes from the size of the table."""

    def forward(
        self, queries: Tensor, keys: Tensor, query_positions: Tensor, key_positions: Tensor, table: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores and their position's part [n_heads, n_queries, n_keys], and the rows int64 [n_queries, n_keys].

        score = q_i·(k_j + a_ij) / √head_dim. `queries`, `keys` float32 [n_heads, n, head_dim]; positions int64 [n];
        `table` float32 [2k + 1, head_dim]. The rows pick a_ij from it, and the values' vectors from theirs.
        """
        rows = shaw_rows(pair_distances(query_positions, key_positions), (table.shape[0] - 1) // 2)
        relative = pick_for_queries(queries @ table.transpose(0, 1), rows) / queries.shape[2] ** 0.5
        return ContentScores()(queries, keys) + relative, relative, rows


def shaw_rows(distances: Tensor, max_distance: int) -> Tensor:
    """Return the row of each of `distances` i − j: clip(j − i, −k, k) + k, in 0 … 2k."""
    return torch.clamp(-distances, min=-max_distance, max=max_distance) + max_distance


GRAPHS: Final[Mapping[str, Graph]] = {
    "shaw": Graph(ShawGraph(), heads() | places() | relative_table(), ("scores", "position_scores", "rows"))
}
