"""T5's bias: one learned number a head and bucket of distances, added to the score."""

from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.nn.distance import pair_distances
from embedcore.nn.rounding import whole_floor
from embedcore.nn.scheme import PositionScheme
from embedcore.sizes import check_buckets, head_width


class T5(PositionScheme):
    """A trainable table [n_buckets, n_heads]: near distances have a bucket each, far ones share it, logarithmically.

    `is_bidirectional`: half of the buckets for keys behind, half for keys ahead, as in T5's encoder; else keys ahead
    share bucket 0, as in its decoder. Source: Raffel et al. 2020, section 2.1.
    """

    name = "t5"

    def __init__(self, table: Tensor, *, max_distance: int, is_bidirectional: bool) -> None:
        check_buckets(table.shape[0], max_distance, is_bidirectional=is_bidirectional)
        super().__init__()
        self.max_distance = max_distance
        self.is_bidirectional = is_bidirectional
        self.table = nn.Parameter(table)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return an untrained table."""
        del context_length
        n_buckets, n_heads = hyperparameters["n_buckets"], hyperparameters["n_heads"]
        head_width(d_model, n_heads)
        max_distance, is_bidirectional = hyperparameters["max_distance"], hyperparameters["is_bidirectional"]
        check_buckets(n_buckets, max_distance, is_bidirectional=is_bidirectional)
        table = nn.Embedding(n_buckets, n_heads).weight.detach()
        return cls(table, max_distance=max_distance, is_bidirectional=is_bidirectional)

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the numbers of heads and buckets, the distance of the last bucket, and the direction."""
        n_buckets, n_heads = self.table.shape
        return {
            "n_heads": n_heads,
            "n_buckets": n_buckets,
            "max_distance": self.max_distance,
            "is_bidirectional": self.is_bidirectional,
        }

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return attention_bias [n_heads, sequence, sequence]: [h, i, j] for a query at i and a key at j."""
        n_buckets, max_distance = torch.tensor(self.table.shape[0]), torch.tensor(self.max_distance)
        buckets = t5_buckets(
            pair_distances(positions, positions), n_buckets, max_distance, torch.tensor(self.is_bidirectional)
        )
        return {contract.ATTENTION_BIAS: t5_bias(self.table, buckets)}


class T5Graph(nn.Module):
    """The bias with every parameter an input; the numbers of buckets and heads come from the table."""

    def forward(
        self,
        query_positions: Tensor,
        key_positions: Tensor,
        table: Tensor,
        max_distance: Tensor,
        is_bidirectional: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return attention_bias [n_heads, n_queries, n_keys] and the buckets int64 [n_queries, n_keys].

        Positions int64 [n]; `table` float32 [n_buckets, n_heads]; `max_distance` int64 []; `is_bidirectional` bool [].
        """
        n_buckets = torch.scalar_tensor(table.shape[0], dtype=torch.int64)
        buckets = t5_buckets(pair_distances(query_positions, key_positions), n_buckets, max_distance, is_bidirectional)
        return t5_bias(table, buckets), buckets


def t5_bias(table: Tensor, buckets: Tensor) -> Tensor:
    """Return table[buckets[i, j], h] as float32 [n_heads, n_queries, n_keys]."""
    return nn.functional.embedding(buckets, table).to(torch.float32).permute(2, 0, 1)


def t5_buckets(distances: Tensor, n_buckets: Tensor, max_distance: Tensor, is_bidirectional: Tensor) -> Tensor:
    """Return the bucket of each distance i − j, 0 … n_buckets − 1.

    Of the n buckets a direction has, the first n/2 hold one distance each; distance d beyond falls into
    n/2 + ⌊log(d / (n/2)) / log(max_distance / (n/2)) · n/2⌋, and what is farther than max_distance into the last.
    """
    each = torch.where(is_bidirectional, torch.div(n_buckets, 2, rounding_mode="floor"), n_buckets)
    first = torch.where(is_bidirectional & (distances < 0), each, 0)
    size = torch.where(is_bidirectional, distances.abs(), torch.clamp(distances, min=0))
    n_exact = torch.div(each, 2, rounding_mode="floor")
    exact = n_exact.to(torch.float64)
    share = torch.log(torch.maximum(size, n_exact).to(torch.float64) / exact) / torch.log(max_distance / exact)
    far = n_exact + whole_floor(share * (each - n_exact)).to(torch.int64)
    return first + torch.where(size < n_exact, size, torch.minimum(far, each - 1))
