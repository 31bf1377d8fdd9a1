"""Fixed sine and cosine positions: nothing to learn."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.nn.scheme import PositionScheme


class Sinusoidal(PositionScheme):
    """PE(p, 2i) = sin(p / base^(2i/d_model)), PE(p, 2i+1) = cos(the same), each in [-1, 1].

    The waves are computed once, in float64, and kept as a float32 table: every runtime then gives the same bits.
    n_positions ≥ 1; d_model even, ≥ 2; base > 0, finite. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> Sinusoidal(1, 4).outputs(torch.arange(1))["position_embeddings"]   →   [[0, 1, 0, 1]]
    """

    name = "sinusoidal"

    def __init__(self, n_positions: int, d_model: int, *, base: float = 10_000.0) -> None:
        if n_positions < 1:
            msg = f"n_positions is {n_positions}, but must be 1 or more"
            raise ShapeError(msg)
        if d_model < 2 or d_model % 2:
            even = max(2, d_model + 1)
            msg = f"d_model is {d_model}, but sine and cosine come in pairs: choose an even width, {even} say"
            raise ShapeError(msg)
        if not 0 < base < float("inf"):
            msg = f"base is {base:g}, but must be above 0 and finite: the paper takes 10000"
            raise ShapeError(msg)
        super().__init__()
        self.base = base
        frequencies = base ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
        angles = torch.arange(n_positions, dtype=torch.float64)[:, None] * frequencies
        waves = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)
        self.register_buffer("table", waves.to(torch.float32))

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
        """Return position_embeddings float32 [sequence, 2·n_pairs].

        `positions` float64 [sequence]; `pairs` float64 [n_pairs], 0, 1, 2 …; `base` float64 [], above 0. Angles are
        taken in float64. Source: Vaswani et al. 2017, 3.5.
        """
        d_model = 2 * pairs.shape[0]
        frequencies = torch.pow(base, -2 * pairs / d_model)
        angles = positions[:, None] * frequencies[None, :]
        return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2).to(torch.float32)
