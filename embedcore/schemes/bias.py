"""What the schemes share that add one number to each score."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float32

from embedcore.contract import ATTENTION_BIAS, Axis
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.schemes.none import NoPosition

OUTPUTS: Final[Mapping[str, tuple[Axis, ...]]] = {ATTENTION_BIAS: ("n_heads", "sequence", "sequence")}


class Bias(Scheme):
    """A scheme that adds a number to the score of each head, query and key."""

    __slots__ = ()

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the score without positions, + bias."""
        content = self._content(queries, keys, heads)
        bias = self._run(queries.positions, keys.positions, heads)["attention_bias"]
        return Attention(content + bias, content, {"q·k": content, "bias": bias})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the bias of every head."""
        del d_model
        bias = self._run(positions[query : query + 1], positions, Heads(heads.n_heads))["attention_bias"]
        return (Strip("bias of each head", np.ascontiguousarray(bias[:, 0].T), "head"),)

    def _content(self, queries: Tokens, keys: Tokens, heads: Heads) -> Float32[np.ndarray, "n_heads n_queries n_keys"]:
        """Return q·k / √head_dim."""
        return NoPosition().attend(queries, keys, heads).scores

    @abstractmethod
    def _run(self, query_positions: np.ndarray, key_positions: np.ndarray, heads: Heads) -> Mapping[str, np.ndarray]:
        """Return what the scheme's graph gives, `attention_bias` [n_chosen, n_queries, n_keys] among it."""
