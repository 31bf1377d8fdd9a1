"""BERT's relative variants: each distance has a learned vector, multiplied by the query, or by query and key."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from embedcore.checks.sizes import n_bert_rows
from embedcore.nn.distance import pair_distances, pick_for_keys, pick_for_queries
from embedcore.nn.graph import Graph, heads, places, relative_table
from embedcore.nn.none import ContentScores
from embedcore.nn.relative import RelativeTable


class BertRelativeKey(RelativeTable):
    """A table with a row for each distance −(m − 1) … m − 1 (query minus key): row i − j + m − 1; m = max_distance ≥ 1.

    BERT allows no larger distance. Here a larger one takes the first or the last row, as Shaw et al. clip distances.
    Source: Shaw et al. 2018, without their vectors for values; BERT calls it `relative_key`.
    """

    name = "bert-relative-key"

    @classmethod
    def n_rows(cls, max_distance: int, **others: int) -> int:
        """Return 2·max_distance − 1."""
        return n_bert_rows(max_distance)

    def rows(self, distances: Tensor) -> Tensor:
        """Return the row of each distance."""
        return bert_rows(distances, self.max_distance)


class BertRelativeKeyQuery(BertRelativeKey):
    """The same table, multiplied by query and key. Source: Huang et al. 2020, method 4 (`relative_key_query`)."""

    name = "bert-relative-key-query"


class BertRelativeGraph(nn.Module):
    """BERT's two relative variants, with every parameter as an input; m comes from the size of the table."""

    def forward(
        self, queries: Tensor, keys: Tensor, query_positions: Tensor, key_positions: Tensor, table: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return q·k, q·a and k·a, each / √head_dim [n_heads, n_queries, n_keys], and the rows [n_queries, n_keys].

        Here a is the vector of the pair's distance. The scores of `relative_key` are the sum of the first two, those of
        `relative_key_query` the sum of all three. `queries`, `keys` float32 [n_heads, n, head_dim]; positions int64
        [n]; `table` float32 [2m − 1, head_dim].
        """
        rows = bert_rows(pair_distances(query_positions, key_positions), (table.shape[0] + 1) // 2)
        root, columns = queries.shape[2] ** 0.5, table.transpose(0, 1)
        return (
            ContentScores()(queries, keys),
            pick_for_queries(queries @ columns, rows) / root,
            pick_for_keys(keys @ columns, rows) / root,
            rows,
        )


def bert_rows(distances: Tensor, max_distance: int) -> Tensor:
    """Return the row of each of `distances` i − j: clip(i − j, −(m − 1), m − 1) + m − 1, in 0 … 2m − 2."""
    last = max_distance - 1
    return torch.clamp(distances, min=-last, max=last) + last


GRAPHS: Final[Mapping[str, Graph]] = {
    "bert_relative": Graph(
        BertRelativeGraph(), heads() | places() | relative_table(), ("scores", "query_scores", "key_scores", "rows")
    )
}
