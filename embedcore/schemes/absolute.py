"""What the schemes share that add vectors to the rows at the input; the score after them is the plain one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Number, Size
from embedcore.checks.sizes import check_finite, check_memory, check_size
from embedcore.contract import EMBEDDING_SCALE, POSITION_EMBEDDINGS, Axis, ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens, keep_dimensions

OUTPUTS: Final[Mapping[str, tuple[Axis, ...]]] = {POSITION_EMBEDDINGS: ("sequence", "d_model")}


@dataclass(frozen=True, slots=True)
class Absolute(Scheme):
    """A scheme whose vectors are added to the rows.

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

    def first_vectors(self, n_positions: Size, d_model: Size) -> Float32[np.ndarray, "n_positions d_model"]:
        """Return the vectors of the places 0 to n_positions − 1.

        Raises ShapeError where that is no place or too many, or where the scheme has none of that width.
        """
        check_size(1, n_positions=n_positions)
        check_memory(f"{n_positions:,} places", int(n_positions), remedy="choose 1,000,000 or fewer")
        return self._vectors(np.arange(n_positions), int(d_model))

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


def row_scale(metadata: ModelMetadata) -> float:
    """Return what a model multiplies its rows by before the sum, as Gemma does; 1 where it does not."""
    return float(metadata.position_parameters.get(EMBEDDING_SCALE, 1.0))
