"""DeBERTa's disentangled attention: content to position and position to content, on one table of distances."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from embedcore.nn.distance import pair_distances, pick_for_keys, pick_for_queries
from embedcore.nn.relative import RelativeTable
from embedcore.nn.rounding import whole_ceil
from embedcore.sizes import n_deberta_rows


class Deberta(RelativeTable):
    """2k rows for distances −k … k − 1 (query minus key), row δ(i, j) = clip(i − j + k, 0, 2k − 1).

    k = max_distance ≥ 1; or, with n_buckets > 0 (DeBERTa v2), k = n_buckets and distances beyond n_buckets / 2 share
    logarithmic buckets up to max_distance. Source: He et al. 2021, equations 3 and 4; buckets: DeBERTa v2's code.
    """

    name = "deberta"

    def __init__(self, table: Tensor, *, n_heads: int, max_distance: int, n_buckets: int = 0) -> None:
        super().__init__(table, n_heads=n_heads, max_distance=max_distance, n_buckets=n_buckets)
        self.n_buckets = n_buckets

    @classmethod
    def n_rows(cls, max_distance: int, **others: int) -> int:
        """Return 2k."""
        return n_deberta_rows(max_distance, others.get("n_buckets", 0))

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads, the largest distance, and the number of buckets (0: none)."""
        return {**super().hyperparameters(), "n_buckets": self.n_buckets}

    def rows(self, distances: Tensor) -> Tensor:
        """Return the row of each distance."""
        return deberta_rows(
            distances, torch.tensor(self.n_buckets or self.max_distance), torch.tensor(self.max_distance),
            torch.tensor(self.n_buckets > 0),
        )  # fmt: skip


class DebertaGraph(nn.Module):
    """The scheme with every parameter an input; k comes from the size of the tables."""

    def forward(
        self,
        queries: Tensor,
        keys: Tensor,
        query_positions: Tensor,
        key_positions: Tensor,
        key_table: Tensor,
        query_table: Tensor,
        max_distance: Tensor,
        has_buckets: Tensor,
        is_released: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return c2c = q_i·k_j, c2p = q_i·K_δ(i,j), p2c = k_j·Q_δ, each / √(3·head_dim), and δ(i, j).

        p2c takes δ(i, j) where `is_released` bool [] is true, as the released code does, and so the released models:
        it gathers by δ(j, i) and transposes afterwards. Equation 4 of the paper has δ(j, i).
        Scores are the three added, [n_heads, n_queries, n_keys]; δ int64 [n_queries, n_keys]. `queries`, `keys`
        float32 [n_heads, n, head_dim]; positions int64 [n]; `key_table`, `query_table` float32
        [n_heads, 2k, head_dim], the table after its key and its query projection; `max_distance` int64 [], used where
        `has_buckets` bool [] is true.
        """
        span = torch.scalar_tensor(key_table.shape[1] // 2, dtype=torch.int64)
        distances = pair_distances(query_positions, key_positions)
        back = deberta_rows(distances, span, max_distance, has_buckets)
        of_keys = torch.where(is_released, back, deberta_rows(-distances, span, max_distance, has_buckets))
        root = (3 * queries.shape[2]) ** 0.5
        return (
            queries @ keys.transpose(1, 2) / root,
            pick_for_queries(queries @ key_table.transpose(1, 2), back) / root,
            pick_for_keys(keys @ query_table.transpose(1, 2), of_keys) / root,
            back,
        )


def deberta_rows(distances: Tensor, span: Tensor, max_distance: Tensor, has_buckets: Tensor) -> Tensor:
    """Return δ = clip(d + span, 0, 2·span − 1) for `distances` i − j, bucketed first where `has_buckets`."""
    bucketed = torch.where(has_buckets, log_buckets(distances, span, max_distance), distances)
    return torch.minimum(torch.clamp(bucketed + span, min=0), 2 * span - 1)


def log_buckets(distances: Tensor, n_buckets: Tensor, max_distance: Tensor) -> Tensor:
    """Return DeBERTa v2's bucket of each distance: itself up to n_buckets / 2, then logarithmic to n_buckets − 1."""
    half = torch.div(n_buckets, 2, rounding_mode="floor")
    size = torch.maximum(distances.abs(), half.clamp(min=1)).to(torch.float64)
    middle = half.clamp(min=1).to(torch.float64)
    share = torch.log(size / middle) / torch.log((max_distance - 1).to(torch.float64) / middle)
    far = whole_ceil(share * (half - 1)).to(torch.int64) + half
    return torch.where(distances.abs() <= half, distances, far * torch.sign(distances))
