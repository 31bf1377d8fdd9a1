"""Schemes that add one number to each score: T5's learned buckets and ALiBi's straight lines."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Flag, Number, Size
from embedcore.checks.sizes import DEFAULT_BIAS_MAX, check_bias_max, check_buckets, head_width
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.absolute import NoPosition
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens, largest_distance, learned_table
from embedcore.schemes.buckets import t5_buckets
from embedcore.values import ByContent


class Bias(Scheme):
    """What T5 and ALiBi share: a number for each head, query and key is added to the score."""

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


@dataclass(frozen=True, slots=True, eq=False)
class T5(ByContent, Bias):
    """A learned number for each head and bucket of distances; T5 leaves out the √head_dim (Raffel et al. 2020)."""

    name: ClassVar[str] = "t5"
    n_buckets: Size = 32
    max_distance: Size = 128
    is_bidirectional: Flag = True
    seed: Size = 123
    table: Array | None = None  # float32 [n_buckets, n_heads]

    def _content(self, queries: Tokens, keys: Tokens, heads: Heads) -> Float32[np.ndarray, "n_heads n_queries n_keys"]:
        """Return q·k."""
        root = np.float32(head_width(queries.vectors.shape[1], heads.n_heads) ** 0.5)
        return NoPosition().attend(queries, keys, heads).scores * root

    def _run(self, query_positions: np.ndarray, key_positions: np.ndarray, heads: Heads) -> Mapping[str, np.ndarray]:
        check_buckets(self.n_buckets, self.max_distance, is_bidirectional=self.is_bidirectional)
        n_buckets, max_distance = int(self.n_buckets), int(self.max_distance)
        buckets = t5_buckets(
            min(largest_distance(query_positions, key_positions), max_distance),
            n_buckets=n_buckets,
            max_distance=max_distance,
            is_bidirectional=bool(self.is_bidirectional),
        )
        table = learned_table(self.table, self.seed, n_buckets, heads.n_heads)
        return run_graph(
            "t5",
            query_positions=query_positions,
            key_positions=key_positions,
            table=table[:, heads.chosen],
            buckets_by_distance=buckets,
        )


@dataclass(frozen=True, slots=True)
class Alibi(Bias):
    """−slope · |i − j|, a slope a head, nothing learned (Press et al. 2022); `bias_max` as in `embedcore.nn.alibi`."""

    name: ClassVar[str] = "alibi"
    is_real: ClassVar[bool] = True
    bias_max: Number = DEFAULT_BIAS_MAX

    def slopes(self, heads: Heads) -> Float32[np.ndarray, " n_chosen"]:
        """Return the slopes of the chosen heads."""
        return self._run(np.zeros(1, np.int64), np.zeros(1, np.int64), heads)["slopes"]

    def _run(self, query_positions: np.ndarray, key_positions: np.ndarray, heads: Heads) -> Mapping[str, np.ndarray]:
        check_bias_max(self.bias_max)
        return run_graph(
            "alibi",
            query_positions=query_positions,
            key_positions=key_positions,
            n_heads=heads.n_heads,
            heads=heads.chosen,
            bias_max=self.bias_max,
        )
