"""ALiBi: each head lowers a score in proportion to the distance of the key; nothing is learned."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import DEFAULT_BIAS_MAX, check_bias_max, check_size, check_table, head_width
from embedcore.nn.graph import Graph, number, real_places
from embedcore.nn.scheme import PositionScheme


class Alibi(PositionScheme):
    """attention_bias[h, i, j] = −slope_h · |i − j| for a query at i and a key at j; the paper has only keys with j ≤ i.

    `n_heads` ≥ 1. `bias_max` > 0 is the exponent of the smallest slope, 2^−bias_max; the paper has 8. Source: Press et
    al. 2022, section 3, and its code where the number of heads is no power of two; MPT's code for `bias_max`.

    >>> alibi_slopes(torch.tensor(4), torch.arange(4), torch.tensor(8.0))
    tensor([0.2500, 0.0625, 0.0156, 0.0039])
    """

    name = "alibi"

    def __init__(self, *, n_heads: int, bias_max: float = DEFAULT_BIAS_MAX) -> None:
        check_size(1, n_heads=n_heads)
        check_table(n_heads, 1)
        check_bias_max(bias_max)
        super().__init__()
        self.n_heads = int(n_heads)
        self.bias_max = bias_max
        slopes = alibi_slopes(torch.tensor(n_heads), torch.arange(n_heads), torch.tensor(bias_max, dtype=torch.float64))
        # [n_heads, 1, 1], as the graph needs it: the exporter would fold a change of shape into another constant.
        self.register_buffer("table", slopes[:, None, None])

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme, whose slopes are fixed and not drawn."""
        del context_length
        head_width(d_model, hyperparameters["n_heads"])
        return cls(**hyperparameters)

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads, and `bias_max` where it differs from the paper's 8."""
        own = {} if self.bias_max == DEFAULT_BIAS_MAX else {"bias_max": self.bias_max}
        return {"n_heads": self.n_heads, **own}

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return attention_bias [n_heads, sequence, sequence]."""
        return {contract.ATTENTION_BIAS: alibi_bias(self.get_buffer("table"), positions, positions)}


class AlibiGraph(nn.Module):
    """ALiBi's bias, with every parameter as an input."""

    def forward(
        self, query_positions: Tensor, key_positions: Tensor, n_heads: Tensor, heads: Tensor, bias_max: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return attention_bias [n_chosen, n_queries, n_keys] and the slopes float32 [n_chosen].

        Positions float64 [n], of any sign; `n_heads` int64 []; `heads` int64 [n_chosen], the numbers of the heads
        to compute, counted from 0; `bias_max` float64 [], above 0.
        """
        slopes = alibi_slopes(n_heads, heads, bias_max)
        return alibi_bias(slopes[:, None, None], query_positions, key_positions), slopes


def alibi_bias(slopes: Tensor, query_positions: Tensor, key_positions: Tensor) -> Tensor:
    """Return −slope · |i − j|, float32 [n_slopes, n_queries, n_keys], for `slopes` [n_slopes, 1, 1]."""
    queries, keys = query_positions[:, None], key_positions[None, :]
    # −|i − j| would give −0 where query and key stand at the same real position; this difference gives 0.
    return slopes * (torch.minimum(queries, keys) - torch.maximum(queries, keys)).to(torch.float32)


def alibi_slopes(n_heads: Tensor, heads: Tensor, bias_max: Tensor) -> Tensor:
    """Return the slope of each of `heads`, float32: with b = bias_max, 2^(−b(h+1)/n) if n = n_heads is a power of two.

    For any other n, the first p = 2^⌊log₂ n⌋ heads have the slopes of p heads, and each further head h has every
    second slope of 2p heads, 2^(−b(2(h−p)+1)/2p).
    """
    powers = torch.tensor([2**power for power in range(63)])  # a computed log₂ may round below a whole number
    below = torch.where(powers <= n_heads, powers, 1).amax(0).to(torch.float64)
    head = heads.to(torch.float64)
    exponents = torch.where(
        head < below, bias_max * (head + 1) / below, bias_max / 2 * (2 * (head - below) + 1) / below
    )
    return torch.pow(torch.tensor(2.0, dtype=torch.float64), -exponents).to(torch.float32)


GRAPHS: Final[Mapping[str, Graph]] = {
    "alibi": Graph(
        AlibiGraph(),
        real_places()
        | {"n_heads": (torch.tensor(12), ()), "heads": (torch.arange(2), ("n_chosen",)), "bias_max": number()},
        (contract.ATTENTION_BIAS, "slopes"),
    )
}
