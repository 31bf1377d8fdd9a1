"""Schemes that act on the input: none, learned, sinusoidal. The score after them is the plain one."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.errors import ShapeError
from embedcore.generic_graphs import run_graph
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens, check_scores
from embedcore.sizes import WaveLayout, check_base, check_least, check_memory, check_pairs, check_wave_layout
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True)
class NoPosition(Scheme):
    """Nothing is added (Kazemnejad et al. 2023)."""

    name: ClassVar[str] = "none"

    def attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return q·k / √head_dim, which is all content."""
        check_scores(queries, keys, heads)
        scores = run_graph("none", queries=heads.split(queries.vectors), keys=heads.split(keys.vectors))["scores"]
        return Attention(scores, scores, {})

    def strips(self, query: int, positions: Int64[np.ndarray, " n"], d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return nothing."""
        del query, positions, d_model, heads
        return ()


@dataclass(frozen=True, slots=True)
class Absolute(Scheme):
    """What learned and sinusoidal positions share: vectors are added to the rows.

    The rows are multiplied by `row_scale` first, None for √d_model.
    """

    row_scale: float | None = field(default=1.0, kw_only=True)

    def attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the plain score of the sums; its content is the plain score of the rows alone."""
        check_scores(queries, keys, heads)
        content, scores = (
            run_graph("none", queries=self._cut(left, heads), keys=self._cut(right, heads))["scores"]
            for left, right in ((self._rows(queries), self._rows(keys)), (self._sums(queries), self._sums(keys)))
        )
        return Attention(scores, content, {})

    def strips(self, query: int, positions: Int64[np.ndarray, " n"], d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the position vectors."""
        del query, heads
        return (Strip("position vector", self._vectors(positions, d_model)),)

    def added(self, positions: Int64[np.ndarray, " n"], d_model: int) -> Float32[np.ndarray, "n d_model"]:
        """Return the position vectors: they are added."""
        return self._vectors(positions, d_model)

    def scale(self, d_model: int) -> float:
        """Return what the rows are multiplied by before the sum."""
        return d_model**0.5 if self.row_scale is None else self.row_scale

    def _vectors(self, positions: Int64[np.ndarray, " n"], d_model: int) -> Float32[np.ndarray, "n d_model"]:
        raise NotImplementedError

    def _rows(self, tokens: Tokens) -> Float32[np.ndarray, "n d_model"]:
        return tokens.vectors * np.float32(self.scale(tokens.vectors.shape[1]))

    def _sums(self, tokens: Tokens) -> Float32[np.ndarray, "n d_model"]:
        return self._rows(tokens) + self._vectors(tokens.positions, tokens.vectors.shape[1])

    def _cut(
        self, vectors: Float32[np.ndarray, "n d_model"], heads: Heads
    ) -> Float32[np.ndarray, "n_chosen n head_dim"]:
        split = heads.split(vectors)
        if heads.pair is None or not self.has_pairs:
            return split
        return keep_dimensions(split, self._pair(heads.pair, heads.n_heads, split.shape[2]))

    def _pair(self, pair: int, n_heads: int, head_dim: int) -> list[int]:
        """Return the two dimensions of a pair within a head."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Learned(ByContent, Absolute):
    """One trained vector a place: rows of a model's own `table` [n_positions, d_model]."""

    name: ClassVar[str] = "learned"
    table: Float32[np.ndarray, "n_positions d_model"]

    def _vectors(self, positions: Int64[np.ndarray, " n"], d_model: int) -> Float32[np.ndarray, "n d_model"]:
        if positions.size and not (positions.min() >= 0 and positions.max() < len(self.table)):
            msg = (
                f"position {positions.max()} has no row: the model learned {len(self.table)} positions, "
                f"0…{len(self.table) - 1}; choose a shorter text or reach"
            )
            raise ShapeError(msg)
        if self.table.shape[1] != d_model:
            msg = f"position vectors are {self.table.shape[1]} wide, but token vectors {d_model}: they must be equal"
            raise ShapeError(msg)
        return run_graph("learned", table=self.table, positions=positions)["position_embeddings"]


@dataclass(frozen=True, slots=True)
class Sinusoidal(Absolute):
    """Fixed waves, and rows times √d_model unless told otherwise (Vaswani et al. 2017, 3.4 and 3.5).

    `wave_layout` "interleaved", or "halves": all sines before all cosines, as Marian has them.
    """

    name: ClassVar[str] = "sinusoidal"
    has_pairs: ClassVar[bool] = True
    base: float = 10_000.0
    wave_layout: WaveLayout = "interleaved"
    row_scale: float | None = field(default=None, kw_only=True)

    def _vectors(self, positions: Int64[np.ndarray, " n"], d_model: int) -> Float32[np.ndarray, "n d_model"]:
        return sinusoidal_at(positions, d_model, base=self.base, wave_layout=self.wave_layout)

    def _pair(self, pair: int, n_heads: int, head_dim: int) -> list[int]:
        if self.wave_layout == "interleaved":
            return [2 * pair, 2 * pair + 1]
        if n_heads > 1:
            msg = (
                f"pair {pair} lies in two of the {n_heads} heads: in halves a head has sines or cosines alone; choose "
                "1 head, or all pairs"
            )
            raise ShapeError(msg)
        return [pair, pair + head_dim // 2]


def sinusoidal(n_positions: int, d_model: int, *, base: float = 10_000.0) -> Float32[np.ndarray, "n_positions d_model"]:
    """Return the sine and cosine positions that `graphs/sinusoidal.onnx` gives.

    n_positions ≥ 1; d_model even, ≥ 2; base > 0. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> sinusoidal(1, 4)[0]   →   [0, 1, 0, 1]
    """
    check_least(1, n_positions=n_positions)
    check_memory(f"{n_positions:,} positions of width {d_model:,}", n_positions * max(d_model, 0))
    return sinusoidal_at(np.arange(n_positions), d_model, base=base)


def sinusoidal_at(
    positions: Int64[np.ndarray, " n"], d_model: int, *, base: float, wave_layout: WaveLayout = "interleaved"
) -> Float32[np.ndarray, "n d_model"]:
    """Return the waves at `positions`, which may be negative: the distances of Transformer-XL are."""
    check_pairs(d_model)
    check_base(base)
    check_wave_layout(wave_layout)
    is_halves = wave_layout == "halves"
    waves = run_graph("sinusoidal", positions=positions, pairs=np.arange(d_model // 2), base=base, is_halves=is_halves)
    return waves["position_embeddings"]


def keep_dimensions(
    vectors: Float32[np.ndarray, "n_heads n head_dim"], dimensions: list[int]
) -> Float32[np.ndarray, "n_heads n head_dim"]:
    """Return the vectors with all but some dimensions set to zero."""
    kept = np.zeros_like(vectors)
    kept[:, :, dimensions] = vectors[:, :, dimensions]
    return kept
