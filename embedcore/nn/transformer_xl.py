"""Transformer-XL's relative positions: sine and cosine of the distance, and two learned vectors for all queries."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import WaveLayout, check_base, check_size, check_table, check_wave_layout, paired_head_width
from embedcore.nn.distance import all_distances, pair_distances, pick_for_queries
from embedcore.nn.graph import Graph, floats, heads, number, places, switch
from embedcore.nn.none import ContentScores
from embedcore.nn.scheme import PositionScheme
from embedcore.nn.sinusoidal import laid_out, waves


class TransformerXL(PositionScheme):
    """R_{i−j}: a fixed sinusoidal vector for each distance, negative ones too, as wide as one head.

    The projection W_kR and the vectors u and v belong to each attention layer, not to the input layer. n_positions ≥ 1;
    head_dim even; base > 0; `wave_layout` is that of `Sinusoidal`, and the released models have "halves". Raises
    ShapeError otherwise. Source: Dai et al. 2019, section 3.3.
    """

    name = "transformer-xl"

    def __init__(
        self,
        n_positions: int,
        d_model: int,
        *,
        n_heads: int,
        base: float = 10_000.0,
        wave_layout: WaveLayout = "interleaved",
    ) -> None:
        check_size(1, n_positions=n_positions)
        check_base(base)
        check_wave_layout(wave_layout)
        head_dim = paired_head_width(d_model, n_heads)
        check_table(2 * int(n_positions) - 1, head_dim)
        super().__init__()
        self.n_heads = int(n_heads)
        self.base = base
        self.wave_layout = wave_layout
        self.last = int(n_positions) - 1
        distances = torch.arange(-self.last, self.last + 1)
        table = waves(distances, torch.arange(head_dim // 2), torch.tensor(base, dtype=torch.float64))
        self.register_buffer("table", laid_out(table, torch.tensor(wave_layout == "halves")))

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme, whose waves are computed and not drawn."""
        return cls(context_length, d_model, **hyperparameters)

    @property
    def n_positions(self) -> int:
        """The length of the longest sequence whose distances the table has."""
        return self.last + 1

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads, the base, and the layout where it is not the paper's."""
        own = {} if self.wave_layout == "interleaved" else {"wave_layout": self.wave_layout}
        return {"n_heads": self.n_heads, "base": self.base, **own}

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return relative_embeddings [2·sequence − 1, head_dim]; row r has the distance i − j = r − (sequence − 1)."""
        rows = all_distances(positions) + self.last
        return {contract.RELATIVE_EMBEDDINGS: nn.functional.embedding(rows, self.get_buffer("table"))}


class TransformerXLGraph(nn.Module):
    """The four terms of Transformer-XL's score, with every parameter as an input."""

    def forward(
        self,
        queries: Tensor,
        keys: Tensor,
        query_positions: Tensor,
        key_positions: Tensor,
        distances: Tensor,
        pairs: Tensor,
        base: Tensor,
        projection: Tensor,
        u: Tensor,
        v: Tensor,
        is_halves: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the terms (a) q·k, (b) q·W R, (c) u·k, (d) v·W R, each / √head_dim, and R.

        The score is the sum of the terms, each [n_heads, n_queries, n_keys], but (c) with 1 in place of n_queries; R is
        float32 [n_distances, d_model]. `distances` int64 [n_distances] are consecutive, from the least i − j to the
        largest; `pairs` int64 [d_model / 2] is 0, 1, 2 …; `base` float64 []; `projection` float32
        [n_heads, d_model, head_dim]; `u`, `v` float32 [n_heads, 1, head_dim]; where `is_halves` bool [] is true, R has
        all sines before all cosines.
        """
        relative = laid_out(waves(distances, pairs, base), is_halves)
        projected = (relative[None] @ projection).transpose(1, 2)
        rows = pair_distances(query_positions, key_positions) - distances[0]
        root = queries.shape[2] ** 0.5
        return (
            ContentScores()(queries, keys),
            pick_for_queries(queries @ projected, rows) / root,
            u @ keys.transpose(1, 2) / root,
            pick_for_queries((v @ projected).expand(-1, queries.shape[1], -1), rows) / root,
            relative,
        )


GRAPHS: Final[Mapping[str, Graph]] = {
    "transformer_xl": Graph(
        TransformerXLGraph(),
        heads()
        | places()
        | {
            "distances": (torch.arange(-4, 5), ("n_distances",)),
            "pairs": (torch.arange(6), ("n_pairs",)),
            "base": number(),
            "projection": (floats(2, 12, 6), ("n_heads", "2*n_pairs", "head_dim")),
            "u": (floats(2, 1, 6), ("n_heads", "", "head_dim")),
            "v": (floats(2, 1, 6), ("n_heads", "", "head_dim")),
            "is_halves": switch(),
        },
        ("a", "b", "c", "d", contract.RELATIVE_EMBEDDINGS),
    )
}
