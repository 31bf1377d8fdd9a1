"""No positions: the token rows alone, and the plain attention score that every other scheme starts from."""

from collections.abc import Mapping
from typing import Any, Final, Self

from torch import Tensor, nn

from embedcore.nn.graph import Graph, heads
from embedcore.nn.scheme import PositionScheme


class NoPosition(PositionScheme):
    """Adds nothing to the token rows, so that they say nothing of order. Source: Kazemnejad et al. 2023 (NoPE)."""

    name = "none"

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme, which has nothing to draw."""
        del d_model, context_length
        return cls(**hyperparameters)

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return no outputs."""
        del positions
        return {}


class ContentScores(nn.Module):
    """The score without positions, q·k / √head_dim. Source: Vaswani et al. 2017, equation 1."""

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return scores [n_heads, n_queries, n_keys] for `queries`, `keys` float32 [n_heads, n, head_dim]."""
        return queries @ keys.transpose(1, 2) / queries.shape[2] ** 0.5


GRAPHS: Final[Mapping[str, Graph]] = {"none": Graph(ContentScores(), heads(), ("scores",))}
