"""What a positional scheme does to the attention score: the shape that every scheme answers in.

An input layer has no attention weights, so W_q and W_k are the identity here: queries and keys are the layer's own
vectors, cut into heads, and normalized first as the first block of a pre-norm transformer would (gain 1, bias 0).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.composition import normalized
from embedcore.errors import ShapeError
from embedcore.sizes import check_least, check_memory, head_width
from embedcore.values import ByContent

LARGEST_SCORES: Final = 400_000_000  # bytes of one array of scores


@dataclass(frozen=True, slots=True, eq=False)
class Tokens(ByContent):
    """Token vectors, before any position, and the places where they stand (0, 1, 2 …, or any other)."""

    vectors: Float32[np.ndarray, "n d_model"]
    positions: Int64[np.ndarray, " n"]

    @classmethod
    def of(cls, vectors: Float32[np.ndarray, "n d_model"]) -> "Tokens":
        """Return the vectors at places 0 … n − 1."""
        return cls(vectors, np.arange(len(vectors)))


@dataclass(frozen=True, slots=True)
class Heads:
    """How vectors become queries and keys: how many heads, which one (None: all), normalized or not, one pair alone.

    `pair` keeps only the two dimensions of one frequency of the head, where the scheme has frequencies.
    """

    n_heads: int
    head: int | None = None
    is_normalized: bool = True
    pair: int | None = None

    @property
    def chosen(self) -> Int64[np.ndarray, " n_chosen"]:
        """The heads that are wanted."""
        return np.arange(self.n_heads) if self.head is None else np.array([self.head])

    def check(self, d_model: int) -> None:
        """Raise ShapeError, with both numbers, unless the heads divide `d_model` and head and pair exist."""
        head_dim = head_width(d_model, self.n_heads)
        if self.head is not None and not 0 <= self.head < self.n_heads:
            msg = f"head {self.head} is outside 0…{self.n_heads - 1}"
            raise ShapeError(msg)
        if self.pair is not None and not 0 <= self.pair < head_dim // 2:
            msg = f"pair {self.pair} is outside 0…{head_dim // 2 - 1}, the pairs of a head of {head_dim}"
            raise ShapeError(msg)

    def split(self, vectors: Float32[np.ndarray, "n d_model"]) -> Float32[np.ndarray, "n_chosen n head_dim"]:
        """Cut vectors into the chosen heads, normalized first where asked."""
        self.check(vectors.shape[1])
        ready = normalized(vectors) if self.is_normalized else vectors
        cut = ready.reshape(len(vectors), self.n_heads, -1).transpose(1, 0, 2)
        return np.ascontiguousarray(cut[self.chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Attention(ByContent):
    """Scores of every query with every key, and what they would be without positions, [n_heads, n_queries, n_keys].

    `terms` are the parts that add up to the scores, by their names in the scheme's formula, where it is a sum.
    """

    scores: Float32[np.ndarray, "n_heads n_queries n_keys"]
    content: Float32[np.ndarray, "n_heads n_queries n_keys"]
    terms: Mapping[str, Float32[np.ndarray, "n_heads n_queries n_keys"]]

    @property
    def position(self) -> Float32[np.ndarray, "n_heads n_queries n_keys"]:
        """The positions' part of the scores."""
        return self.scores - self.content


@dataclass(frozen=True, slots=True, eq=False)
class Strip(ByContent):
    """What a scheme gives at each key's place, one row a key: `columns` says what the columns are."""

    title: str
    values: Float32[np.ndarray, "n_keys n_columns"]
    columns: str = "dimension"


class Scheme(ABC):
    """A positional scheme with its knobs set; the arithmetic is that of its generic graph.

    `has_pairs`: it turns or waves pairs of dimensions, each with a frequency of its own.
    """

    __slots__ = ()
    name: ClassVar[str]
    has_pairs: ClassVar[bool] = False

    @abstractmethod
    def attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the scores of `queries` with `keys`. Raises ShapeError where sizes do not fit, or memory would end."""

    @abstractmethod
    def strips(self, query: int, positions: Int64[np.ndarray, " n"], d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return what the scheme gives at each of `positions`; relative ones as the query at index `query` meets it."""

    def added(self, positions: Int64[np.ndarray, " n"], d_model: int) -> Float32[np.ndarray, "n d_model"] | None:
        """Return the vectors that are added to the token rows; None for a scheme that acts elsewhere."""
        del positions, d_model
        return None


def check_scores(queries: Tokens, keys: Tokens, heads: Heads) -> None:
    """Raise ShapeError where there is no query or key, heads do not fit, or the scores would take too much memory."""
    check_least(1, n_queries=len(queries.vectors), n_keys=len(keys.vectors))
    heads.check(queries.vectors.shape[1])
    n_queries, n_keys = len(queries.vectors), len(keys.vectors)
    check_memory(
        f"scores of {n_queries:,} × {n_keys:,} tokens in {len(heads.chosen)} heads",
        n_queries * n_keys * len(heads.chosen),
        most=LARGEST_SCORES,
    )


def range_of_distances(
    query_positions: Int64[np.ndarray, " n"], key_positions: Int64[np.ndarray, " m"]
) -> tuple[int, int]:
    """Return the least and the largest distance, query minus key."""
    return (
        int(query_positions.min() - key_positions.max()),
        int(query_positions.max() - key_positions.min()),
    )


def largest_distance(query_positions: Int64[np.ndarray, " n"], key_positions: Int64[np.ndarray, " m"]) -> int:
    """Return how far apart a query and a key are at most, whatever the direction."""
    return max(abs(distance) for distance in range_of_distances(query_positions, key_positions))


def drawn(seed: int, *shape: int) -> Float32[np.ndarray, "..."]:
    """Return what stands in for learned numbers where no model has them: normal, mean 0, variance 1; seed ≥ 0."""
    check_least(0, seed=seed)
    check_memory(f"learned numbers {list(shape)}", int(np.prod([int(size) for size in shape])), most=LARGEST_SCORES)
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def learned_table(
    table: Float32[np.ndarray, "n_rows n_columns"] | None, seed: int, n_rows: int, n_columns: int
) -> Float32[np.ndarray, "n_rows n_columns"]:
    """Return the model's own `table`, or one drawn from `seed`. Raises ShapeError if the model's is of another size."""
    if table is None:
        return drawn(seed, n_rows, n_columns)
    if table.shape != (n_rows, n_columns):
        msg = (
            f"the model's table is {list(table.shape)}, but these settings need {[n_rows, n_columns]}: take the model's"
        )
        raise ShapeError(msg)
    return table
