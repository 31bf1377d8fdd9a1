"""Fixed sine and cosine positions: nothing to learn."""

from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.nn.scheme import PositionScheme
from embedcore.sizes import check_base, check_least, check_pairs


class Sinusoidal(PositionScheme):
    """PE(p, 2i) = sin(p / base^(2i/d_model)), PE(p, 2i+1) = cos(the same), each in [-1, 1].

    The waves are computed once, in float64, and kept as a float32 table: every runtime then gives the same bits.
    n_positions ≥ 1; d_model even, ≥ 2; base > 0, finite. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> Sinusoidal(1, 4).outputs(torch.arange(1))["position_embeddings"]   →   [[0, 1, 0, 1]]
    """

    name = "sinusoidal"

    def __init__(self, n_positions: int, d_model: int, *, base: float = 10_000.0) -> None:
        check_least(1, n_positions=n_positions)
        check_pairs(d_model)
        check_base(base)
        super().__init__()
        self.base = base
        self.register_buffer(
            "table",
            waves(torch.arange(n_positions), torch.arange(d_model // 2), torch.tensor(base, dtype=torch.float64)),
        )

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the waves: nothing is drawn."""
        return cls(context_length, d_model, **hyperparameters)

    @property
    def n_positions(self) -> int:
        """How many rows the table has."""
        return self.get_buffer("table").shape[0]

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the base."""
        return {"base": self.base}

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the rows of `positions`: position_embeddings [sequence, d_model]."""
        return {contract.POSITION_EMBEDDINGS: nn.functional.embedding(positions, self.get_buffer("table"))}

    def added(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the waves: they are added."""
        return outputs[contract.POSITION_EMBEDDINGS]


class SinusoidalGraph(nn.Module):
    """The same waves with every parameter an input, for a generic graph: one small file serves all settings."""

    def forward(self, positions: Tensor, pairs: Tensor, base: Tensor) -> Tensor:
        """Return `waves` of the same; `positions` float64 [n]."""
        return waves(positions, pairs, base)


def waves(positions: Tensor, pairs: Tensor, base: Tensor) -> Tensor:
    """Return sine and cosine waves, float32 [n, 2·n_pairs], even columns sine, odd cosine.

    `positions` [n], of any sign; `pairs` [n_pairs], 0, 1, 2 …; `base` [], above 0. Angles are taken in float64.
    Source: Vaswani et al. 2017, 3.5.
    """
    frequencies = torch.pow(base.to(torch.float64), -2 * pairs.to(torch.float64) / (2 * pairs.shape[0]))
    angles = positions.to(torch.float64)[:, None] * frequencies[None, :]
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2).to(torch.float32)
