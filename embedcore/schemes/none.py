"""No positions: the rows alone, and the plain attention score."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.schemes.declaration import Declaration


@dataclass(frozen=True, slots=True)
class NoPosition(Scheme):
    """Nothing is added (Kazemnejad et al. 2023)."""

    name: ClassVar[str] = "none"
    is_real: ClassVar[bool] = True

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return q·k / √head_dim, which is all content."""
        scores = run_graph("none", queries=heads.split(queries.vectors), keys=heads.split(keys.vectors))["scores"]
        return Attention(scores, scores, {})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return nothing."""
        del query, positions, d_model, heads
        return ()


DECLARED: Final = (Declaration(scheme=NoPosition, title="No positions (NoPE)", place=0, outputs={}),)
