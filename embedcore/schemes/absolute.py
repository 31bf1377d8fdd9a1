"""Schemes that act on the input: none, learned, sinusoidal. The score after them is the plain one."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Choice, Number, Size, some_positions_of, vectors_of
from embedcore.checks.sizes import (
    check_base,
    check_finite,
    check_pairs,
    check_size,
    check_table,
    check_wave_layout,
)
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.values import ByContent


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


@dataclass(frozen=True, slots=True)
class Absolute(Scheme):
    """What learned and sinusoidal positions share: vectors are added to the rows.

    The rows are multiplied by `row_scale` first, None for √d_model.
    """

    row_scale: Number | None = field(default=1.0, kw_only=True)

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the plain score of the sums; its content is the plain score of the rows alone."""
        content, scores = (
            run_graph("none", queries=self._cut(left, heads), keys=self._cut(right, heads))["scores"]
            for left, right in ((self._rows(queries), self._rows(keys)), (self._sums(queries), self._sums(keys)))
        )
        return Attention(scores, content, {})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the position vectors."""
        del query, heads
        return (Strip("position vector", self._vectors(positions, d_model)),)

    def _added(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
        """Return the position vectors: they are added."""
        return self._vectors(positions, d_model)

    def scale(self, d_model: int) -> float:
        """Return what the rows are multiplied by before the sum."""
        if self.row_scale is None:
            return float(d_model**0.5)
        check_finite(row_scale=self.row_scale)
        return self.row_scale

    def _vectors(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
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
    table: Array  # float32 [n_positions, d_model]

    def _vectors(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
        table = vectors_of("learned positions", self.table)
        is_outside = (positions < 0) | (positions >= len(table))
        if is_outside.any():
            msg = (
                f"position {positions[is_outside][0]} has no row: the model learned {len(table)} positions, "
                f"0…{len(table) - 1}; choose a shorter text or reach"
            )
            raise ShapeError(msg)
        if table.shape[1] != d_model:
            msg = f"position vectors are {table.shape[1]} wide, but token vectors {d_model}: they must be equal"
            raise ShapeError(msg)
        return run_graph("learned", table=table, positions=positions)["position_embeddings"]


@dataclass(frozen=True, slots=True)
class Sinusoidal(Absolute):
    """Fixed waves, and rows times √d_model unless told otherwise (Vaswani et al. 2017, 3.4 and 3.5).

    `wave_layout` "interleaved", or "halves": all sines before all cosines, as Marian has them.
    """

    name: ClassVar[str] = "sinusoidal"
    is_real: ClassVar[bool] = True
    has_pairs: ClassVar[bool] = True
    base: Number = 10_000.0
    wave_layout: Choice = "interleaved"
    row_scale: Number | None = field(default=None, kw_only=True)

    def _vectors(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
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


def sinusoidal(
    n_positions: Size, d_model: Size, *, base: Number = 10_000.0
) -> Float32[np.ndarray, "n_positions d_model"]:
    """Return the sine and cosine positions that `graphs/sinusoidal.onnx` gives.

    n_positions ≥ 1; d_model even, ≥ 2; base > 0. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> sinusoidal(1, 4)[0]
    array([0., 1., 0., 1.], dtype=float32)
    """
    check_size(1, n_positions=n_positions)
    check_pairs(d_model)
    check_table(n_positions, d_model)
    return sinusoidal_at(np.arange(n_positions), d_model, base=base)


def sinusoidal_at(
    positions: Array, d_model: Size, *, base: Number, wave_layout: Choice = "interleaved"
) -> Float32[np.ndarray, "n d_model"]:
    """Return the waves at `positions`, whole or not, negative ones too: the distances of Transformer-XL are.

    Raises ShapeError where there is no position, d_model is odd, or base is not above 0.
    """
    places = some_positions_of(positions)
    check_pairs(d_model)
    check_base(base)
    check_wave_layout(wave_layout)
    check_table(len(places), d_model)
    is_halves = wave_layout == "halves"
    waves = run_graph("sinusoidal", positions=places, pairs=np.arange(d_model // 2), base=base, is_halves=is_halves)
    return waves["position_embeddings"]


def keep_dimensions(
    vectors: Float32[np.ndarray, "n_heads n head_dim"], dimensions: list[int]
) -> Float32[np.ndarray, "n_heads n head_dim"]:
    """Return the vectors with all but some dimensions set to zero."""
    kept = np.zeros_like(vectors)
    kept[:, :, dimensions] = vectors[:, :, dimensions]
    return kept
