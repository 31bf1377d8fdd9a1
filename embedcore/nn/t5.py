"""T5's bias: each head adds to a score the learned number of the bucket that the distance falls in."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import check_buckets, check_table, head_width
from embedcore.nn.distance import pair_distances, rows_of_distances
from embedcore.nn.graph import Graph, floats, places
from embedcore.nn.scheme import PositionScheme, check_matrix
from embedcore.schemes.buckets import t5_buckets


class T5(PositionScheme):
    """A trainable table [n_buckets, n_heads]: each near distance has its bucket, far ones share logarithmic buckets.

    Where `is_bidirectional` is true, half of the buckets are for keys behind the query and half for keys ahead of it,
    as in T5's encoder; else all keys ahead share bucket 0, as in its decoder. `reach` is the largest distance that will
    be looked up; None stands for max_distance. Source: Raffel et al. 2020, section 2.1.
    """

    name = "t5"

    def __init__(self, table: Tensor, *, max_distance: int, is_bidirectional: bool, reach: int | None = None) -> None:
        check_matrix(table, "[n_buckets, n_heads]")
        n_buckets = table.shape[0]
        check_buckets(n_buckets, max_distance, is_bidirectional=is_bidirectional)
        super().__init__()
        self.max_distance = int(max_distance)
        self.is_bidirectional = bool(is_bidirectional)
        self.table = nn.Parameter(table)
        # Beyond max_distance, and beyond what a sequence reaches, no distance has a bucket of its own.
        buckets = t5_buckets(
            max_distance if reach is None else min(reach, max_distance),
            n_buckets=n_buckets,
            max_distance=max_distance,
            is_bidirectional=is_bidirectional,
        )
        self.register_buffer("buckets_by_distance", torch.from_numpy(buckets), persistent=False)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return an untrained table."""
        n_buckets, n_heads = hyperparameters["n_buckets"], hyperparameters["n_heads"]
        head_width(d_model, n_heads)
        max_distance, is_bidirectional = hyperparameters["max_distance"], hyperparameters["is_bidirectional"]
        check_buckets(n_buckets, max_distance, is_bidirectional=is_bidirectional)
        check_table(n_buckets, n_heads)
        table = nn.Embedding(n_buckets, n_heads).weight.detach()
        return cls(table, max_distance=max_distance, is_bidirectional=is_bidirectional, reach=context_length - 1)

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the numbers of heads and buckets, `max_distance`, and whether both directions have buckets."""
        n_buckets, n_heads = self.table.shape
        return {
            "n_heads": n_heads,
            "n_buckets": n_buckets,
            "max_distance": self.max_distance,
            "is_bidirectional": self.is_bidirectional,
        }

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return attention_bias [n_heads, sequence, sequence]: [h, i, j] for a query at i and a key at j."""
        picked = rows_of_distances(pair_distances(positions, positions), self.get_buffer("buckets_by_distance"))
        return {contract.ATTENTION_BIAS: t5_bias(self.table, picked)}


class T5Graph(nn.Module):
    """T5's bias, with every parameter as an input; the numbers of buckets and heads come from the table."""

    def forward(
        self, query_positions: Tensor, key_positions: Tensor, table: Tensor, buckets_by_distance: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return attention_bias [n_heads, n_queries, n_keys] and the buckets int64 [n_queries, n_keys].

        Positions int64 [n]; `table` float32 [n_buckets, n_heads]; `buckets_by_distance` int64 [2·reach + 1], the
        bucket of each distance −reach … reach, as `buckets.t5_buckets` gives them. A farther distance takes the first
        or the last of them.
        """
        picked = rows_of_distances(pair_distances(query_positions, key_positions), buckets_by_distance)
        return t5_bias(table, picked), picked


def t5_bias(table: Tensor, buckets: Tensor) -> Tensor:
    """Return table[buckets[i, j], h] as float32 [n_heads, n_queries, n_keys]."""
    return nn.functional.embedding(buckets, table).to(torch.float32).permute(2, 0, 1)


GRAPHS: Final[Mapping[str, Graph]] = {
    "t5": Graph(
        T5Graph(),
        places()
        | {
            "table": (floats(8, 2), ("n_buckets", "n_heads")),
            "buckets_by_distance": (torch.arange(7), ("n_distances",)),
        },
        (contract.ATTENTION_BIAS, "buckets"),
    )
}
