"""DeBERTa's disentangled attention: scores of content to position and of position to content, by distance."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore.checks.sizes import n_deberta_rows
from embedcore.nn.distance import pair_distances, pick_for_keys, pick_for_queries, rows_of_distances
from embedcore.nn.graph import Graph, floats, heads, places, switch
from embedcore.nn.relative import RelativeTable
from embedcore.schemes.buckets import deberta_rows


class Deberta(RelativeTable):
    """A table of 2k rows for the distances −k … k − 1 (query minus key): row δ(i, j) = clip(i − j + k, 0, 2k − 1).

    k is max_distance ≥ 1. With n_buckets > 0 (DeBERTa v2), k is n_buckets, and distances beyond n_buckets / 2 share
    logarithmic buckets up to max_distance. `reach` is the largest distance that will be looked up; None stands for
    max_distance. Source: He et al. 2021, equations 3 and 4; for the buckets, DeBERTa v2's code.
    """

    name = "deberta"

    def __init__(
        self, table: Tensor, *, n_heads: int, max_distance: int, n_buckets: int = 0, reach: int | None = None
    ) -> None:
        super().__init__(table, n_heads=n_heads, max_distance=max_distance, n_buckets=n_buckets)
        self.n_buckets = int(n_buckets)
        # Beyond max_distance, and beyond what a sequence reaches, no distance has a row of its own.
        rows = deberta_rows(
            max_distance if reach is None else min(reach, max_distance), max_distance=max_distance, n_buckets=n_buckets
        )
        self.register_buffer("rows_by_distance", torch.from_numpy(rows), persistent=False)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return an untrained table."""
        return super().drawn(
            d_model=d_model, context_length=context_length, reach=context_length - 1, **hyperparameters
        )

    @classmethod
    def n_rows(cls, max_distance: int, **others: int) -> int:
        """Return 2k."""
        return n_deberta_rows(max_distance, others.get("n_buckets", 0))

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads, the largest distance, and the number of buckets (0 where there are none)."""
        return {**super().hyperparameters(), "n_buckets": self.n_buckets}

    def rows(self, distances: Tensor) -> Tensor:
        """Return the row of each distance."""
        return rows_of_distances(distances, self.get_buffer("rows_by_distance"))


class DebertaGraph(nn.Module):
    """DeBERTa's scores, with every parameter as an input; k comes from the size of the tables."""

    def forward(
        self,
        queries: Tensor,
        keys: Tensor,
        query_positions: Tensor,
        key_positions: Tensor,
        key_table: Tensor,
        query_table: Tensor,
        rows_by_distance: Tensor,
        is_released: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return c2c = q_i·k_j, c2p = q_i·K_δ(i,j), p2c = k_j·Q_δ, each / √(3·head_dim), and δ(i, j).

        The score is the sum of the three, each [n_heads, n_queries, n_keys]; δ is int64 [n_queries, n_keys].
        In p2c, equation 4 of the paper has δ(j, i). The released code gathers by δ(j, i) and transposes afterwards,
        which gives δ(i, j), and the released models need that: p2c takes δ(i, j) where `is_released` bool [] is true,
        else δ(j, i).
        `queries`, `keys` float32 [n_heads, n, head_dim]; positions int64 [n]; `key_table`, `query_table` float32
        [n_heads, 2k, head_dim], the table after the projection for keys and after that for queries;
        `rows_by_distance` int64 [2·reach + 1], δ of each distance −reach … reach, as `buckets.deberta_rows` gives them.
        A farther distance takes the first or the last of them.
        """
        distances = pair_distances(query_positions, key_positions)
        back = rows_of_distances(distances, rows_by_distance)
        of_keys = torch.where(is_released, back, rows_of_distances(-distances, rows_by_distance))
        root = (3 * queries.shape[2]) ** 0.5
        return (
            queries @ keys.transpose(1, 2) / root,
            pick_for_queries(queries @ key_table.transpose(1, 2), back) / root,
            pick_for_keys(keys @ query_table.transpose(1, 2), of_keys) / root,
            back,
        )


GRAPHS: Final[Mapping[str, Graph]] = {
    "deberta": Graph(
        DebertaGraph(),
        heads()
        | places()
        | {
            "key_table": (floats(2, 8, 6), ("n_heads", "n_rows", "head_dim")),
            "query_table": (floats(2, 8, 6), ("n_heads", "n_rows", "head_dim")),
            "rows_by_distance": (torch.arange(7), ("n_distances",)),
            "is_released": switch(),
        },
        ("c2c", "c2p", "p2c", "rows"),
    )
}
