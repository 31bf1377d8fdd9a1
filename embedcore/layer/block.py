"""FirstBlock: the queries and keys of block 1 for a text, where any position vectors, or none, are added before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from embedcore.checks.given import Size
from embedcore.checks.sizes import check_index
from embedcore.layer.arithmetic import Weights, after_each
from embedcore.layer.rule import Rule
from embedcore.layer.steps import Step
from embedcore.values import ByContent

_ROWS_AT_ONCE: Final = 2_048  # bounds the float64 numbers between two steps
# These look at token ids or at other tokens, so a row alone does not tell what they make of it.
OF_A_TEXT: Final = frozenset({"replace", "neighbors", "mask_share"})


@dataclass(frozen=True, slots=True, eq=False)
class FirstBlock(ByContent):
    """A text's vectors where positions are added to them, and the steps from there to the queries and keys of block 1.

    `rows` are [sequence, width]: what the model's own position vectors are added to, or what enters block 1 where it
    adds none. `rest` leads from their sum to what enters block 1, `query_steps` and `key_steps` to n_heads queries and
    n_kv_heads keys, head_dim wide; query head h reads key head h // (n_heads / n_kv_heads). `rule` says how scores
    become weights, None where the file does not.
    """

    rows: Float32[np.ndarray, "sequence width"]
    rest: tuple[Step, ...]
    query_steps: tuple[Step, ...]
    key_steps: tuple[Step, ...]
    weights: Weights
    n_heads: int
    n_kv_heads: int
    head_dim: int
    rule: Rule | None = None

    @property
    def heads_width(self) -> int:
        """The width of all heads of the queries together."""
        return self.n_heads * self.head_dim

    def key_head(self, head: Size) -> int:
        """Return the head of keys that a head of queries reads, both from 0. Raises ShapeError for no head of it."""
        check_index(self.n_heads, head=head)
        return int(head) // (self.n_heads // self.n_kv_heads)

    def queries(self, vectors: np.ndarray) -> Float32[np.ndarray, "n heads_width"]:
        """Return the queries of `vectors` [n, width], which are rows, or rows with positions added to them."""
        return self._walked(vectors, self.query_steps)

    def keys(self, vectors: np.ndarray) -> Float32[np.ndarray, "n heads_width"]:
        """Return the keys of `vectors` [n, width], one for each head of the queries: those of a group have one key."""
        return repeated(self._walked(vectors, self.key_steps), self.n_heads, self.n_kv_heads)

    def _walked(self, vectors: np.ndarray, steps: Sequence[Step]) -> Float32[np.ndarray, "n out"]:
        is_first = np.concatenate((np.ones(1, bool), (vectors[1:] != vectors[:-1]).any(axis=1)))
        different = vectors[is_first]  # thousands of equal keys in a row are walked once
        parts = [
            self._end(different[start : start + _ROWS_AT_ONCE], steps)
            for start in range(0, len(different), _ROWS_AT_ONCE)
        ]
        return np.concatenate(parts).astype(np.float32)[np.cumsum(is_first) - 1]

    def _end(self, vectors: np.ndarray, steps: Sequence[Step]) -> Float64[np.ndarray, "n out"]:
        ids = np.zeros((1, len(vectors)), np.int64)  # no step here looks at them
        walked = after_each((*self.rest, *steps), vectors[None], token_ids=ids, positions=None, weights=self.weights)
        return [values for _, values in walked][-1][0]


def repeated(vectors: np.ndarray, n_heads: int, n_kv_heads: int) -> np.ndarray:
    """Return vectors [n, n_kv_heads · head_dim] as [n, n_heads · head_dim]: a group of heads has one key.

    >>> repeated(np.array([[1, 2]]), 4, 2)
    array([[1, 1, 2, 2]])
    """
    cut = vectors.reshape(len(vectors), n_kv_heads, -1)
    return np.repeat(cut, n_heads // n_kv_heads, axis=1).reshape(len(vectors), -1)
