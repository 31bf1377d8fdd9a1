"""Sine and cosine positions, which are fixed and not learned."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import WaveLayout, check_base, check_pairs, check_size, check_table, check_wave_layout
from embedcore.nn.graph import Graph, number, reals, switch
from embedcore.nn.scheme import PositionScheme


class Sinusoidal(PositionScheme):
    """PE(p, 2i) = sin(p / base^(2i/d_model)), PE(p, 2i+1) = cos(the same), each in [-1, 1].

    The waves are computed once, in float64, and kept as a float32 table: every runtime then gives the same bits.
    n_positions ≥ 1; d_model even, ≥ 2; base > 0, finite; `wave_layout` "interleaved", or "halves" for all sines before
    all cosines, as Marian has them; `first_place`, 0 or more, is the place of the first row. Raises ShapeError
    otherwise. Source: Vaswani et al. 2017, section 3.5.

    >>> Sinusoidal(1, 4).outputs(torch.arange(1))["position_embeddings"]
    tensor([[0., 1., 0., 1.]])
    """

    name = "sinusoidal"

    def __init__(
        self,
        n_positions: int,
        d_model: int,
        *,
        base: float = 10_000.0,
        wave_layout: WaveLayout = "interleaved",
        first_place: int = 0,
    ) -> None:
        check_size(1, n_positions=n_positions)
        check_pairs(d_model)
        check_base(base)
        check_wave_layout(wave_layout)
        check_size(0, first_place=first_place)
        check_table(n_positions, d_model)
        super().__init__()
        self.base = base
        self.wave_layout = wave_layout
        self.first_place = first_place
        places = torch.arange(first_place, first_place + n_positions)
        table = waves(places, torch.arange(d_model // 2), torch.tensor(base, dtype=torch.float64))
        self.register_buffer("table", laid_out(table, torch.tensor(wave_layout == "halves")))

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme, whose waves are computed and not drawn."""
        return cls(context_length, d_model, **hyperparameters)

    @property
    def n_positions(self) -> int:
        """The number of rows of the table."""
        return self.get_buffer("table").shape[0]

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the base, and the layout and the first place where they are not the paper's."""
        own: dict[str, Any] = {"base": self.base}
        own |= {} if self.wave_layout == "interleaved" else {"wave_layout": self.wave_layout}
        return own | ({"first_place": self.first_place} if self.first_place else {})

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return the rows of `positions`: position_embeddings [sequence, d_model]."""
        return {contract.POSITION_EMBEDDINGS: nn.functional.embedding(positions, self.get_buffer("table"))}

    def added(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the waves, which are added to the token rows."""
        return outputs[contract.POSITION_EMBEDDINGS]


class SinusoidalGraph(nn.Module):
    """Sine and cosine waves, with every parameter as an input: one small file serves all settings."""

    def forward(self, positions: Tensor, pairs: Tensor, base: Tensor, is_halves: Tensor) -> Tensor:
        """Return the `waves` of `positions` float64 [n], in halves where `is_halves` bool [] is true."""
        return laid_out(waves(positions, pairs, base), is_halves)


def laid_out(interleaved: Tensor, is_halves: Tensor) -> Tensor:
    """Return waves [n, 2·n_pairs] as they are, or with all sines before all cosines."""
    n, width = interleaved.shape
    halves = interleaved.view(n, width // 2, 2).transpose(1, 2).flatten(-2)
    return torch.where(is_halves, halves, interleaved)


def waves(positions: Tensor, pairs: Tensor, base: Tensor) -> Tensor:
    """Return float32 [n, 2·n_pairs], with sine waves in the even columns and cosine waves in the odd ones.

    `positions` [n], of any sign; `pairs` [n_pairs], 0, 1, 2 …; `base` [], above 0. Angles are computed in float64.
    Source: Vaswani et al. 2017, section 3.5.
    """
    frequencies = torch.pow(base.to(torch.float64), -2 * pairs.to(torch.float64) / (2 * pairs.shape[0]))
    angles = positions.to(torch.float64)[:, None] * frequencies[None, :]
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2).to(torch.float32)


GRAPHS: Final[Mapping[str, Graph]] = {
    "sinusoidal": Graph(
        SinusoidalGraph(),
        {
            "positions": (reals(3), ("sequence",)),
            "pairs": (torch.arange(2), ("n_pairs",)),
            "base": number(),
            "is_halves": switch(),
        },
        (contract.POSITION_EMBEDDINGS,),
    )
}
