"""What a positional scheme does to the attention score: the shape that every scheme answers in.

An input layer has no attention weights, so W_q and W_k are the identity here: queries and keys are the layer's own
vectors, cut into heads, and normalized first as the first block of a pre-norm transformer would (gain 1, bias 0).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.checks.given import Array, Flag, Size, positions_of, some_positions_of, vectors_of, whole
from embedcore.checks.sizes import (
    check_flag,
    check_index,
    check_least,
    check_memory,
    check_size,
    check_whole,
    head_width,
    shown,
)
from embedcore.errors import ShapeError
from embedcore.schemes.origin import Origin
from embedcore.space.composition import normalized
from embedcore.values import ByContent

LARGEST_SCORES: Final = 400_000_000  # bytes of one array of scores


@dataclass(frozen=True, slots=True, eq=False)
class Tokens(ByContent):
    """Token vectors, before any position, and the places where they stand: 0, 1, 2 …, or any other, fractions too.

    Raises ShapeError unless vectors are [n, d_model], and positions n finite numbers within ±2⁵³. What reads a table
    refuses a place that is no whole number; a scheme whose `is_real` is true is defined there.
    """

    vectors: Array  # float32 [n, d_model]
    positions: Array  # int64 or float64 [n]

    def __post_init__(self) -> None:
        vectors = vectors_of("vectors", self.vectors)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "positions", positions_of(self.positions, len(vectors)))

    @classmethod
    def of(cls, vectors: Array) -> "Tokens":
        """Return the vectors [n, d_model] at places 0 … n − 1."""
        ready = vectors_of("vectors", vectors)
        return cls(ready, np.arange(len(ready)))


@dataclass(frozen=True, slots=True)
class Heads:
    """How vectors become queries and keys: how many heads, which one (None: all), normalized or not, one pair alone.

    `pair` keeps only the two dimensions of one frequency of the head, where the scheme has frequencies.
    """

    n_heads: Size
    head: Size | None = None
    is_normalized: Flag = True
    pair: Size | None = None

    def __post_init__(self) -> None:
        for name in ("n_heads", "head", "pair"):
            value = getattr(self, name)
            if value is not None or name == "n_heads":
                check_whole(**{name: value})
                object.__setattr__(self, name, int(value))
        check_flag(is_normalized=self.is_normalized)

    @property
    def chosen(self) -> Int64[np.ndarray, " n_chosen"]:
        """The heads that are wanted. Raises ShapeError where there is none, or the wanted one is outside."""
        self._check_head()
        return np.arange(self.n_heads) if self.head is None else np.array([self.head])

    def check(self, d_model: Size) -> None:
        """Raise ShapeError, with both numbers, unless the heads divide `d_model` and head and pair exist."""
        head_dim = head_width(d_model, self.n_heads)
        self._check_head()
        if self.pair is not None and head_dim < 2:
            msg = f"pair {self.pair} is of a head of {head_dim}, which has none: leave it out, or choose fewer heads"
            raise ShapeError(msg)
        if self.pair is not None and not 0 <= self.pair < head_dim // 2:
            msg = f"pair {shown(self.pair)} is outside 0…{head_dim // 2 - 1}, the pairs of a head of {head_dim}"
            raise ShapeError(msg)

    def _check_head(self) -> None:
        check_size(1, n_heads=self.n_heads)
        if self.head is not None:
            check_index(self.n_heads, head=self.head)
        else:
            check_memory(f"{self.n_heads:,} heads", self.n_heads, remedy="choose one of them, head 0 say")

    def split(self, vectors: Array) -> Float32[np.ndarray, "n_chosen n head_dim"]:
        """Cut vectors [n, d_model] into the chosen heads, normalized first where asked."""
        given = vectors_of("vectors", vectors)
        self.check(given.shape[1])
        ready = normalized(given) if self.is_normalized else given
        cut = ready.reshape(len(given), self.n_heads, given.shape[1] // self.n_heads).transpose(1, 0, 2)
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
    """What a scheme gives at each key's place, one row for each key: `columns` says what the columns are.

    `origin` is where the values come from, None where that is the origin of the scheme's parameters.
    """

    title: str
    values: Float32[np.ndarray, "n_keys n_columns"]
    columns: str = "dimension"
    origin: Origin | None = None


class Scheme(ABC):
    """A positional scheme with its knobs set; the arithmetic is that of its generic graph.

    `has_pairs`: it turns or waves pairs of dimensions, each with a frequency of its own. `is_real`: it is defined
    between whole places too; one that is not reads rows of a table. What a caller gives is checked here, once, before
    any scheme of a file beside this one sees it.
    """

    __slots__ = ()
    name: ClassVar[str]
    has_pairs: ClassVar[bool] = False
    is_real: ClassVar[bool] = False

    @property
    def n_places(self) -> int | None:
        """How many places the scheme knows, from 0 on; None where there is no last one."""
        return None

    def attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the scores of `queries` with `keys`. Raises ShapeError where sizes do not fit, or memory would end."""
        check_scores(queries, keys, heads)
        return self._attend(self._ready(queries), self._ready(keys), heads)

    def strips(self, query: Size, positions: Array, d_model: Size, heads: Heads) -> tuple[Strip, ...]:
        """Return what the scheme gives at each of `positions`; relative ones as the query at index `query` meets it.

        Raises ShapeError where there is no position, no such query, or sizes do not fit.
        """
        places = self._places(positions)
        check_index(len(places), query=query)
        heads.check(d_model)
        _check_rows(len(places), int(d_model))
        return self._strips(int(query), places, int(d_model), heads)

    def added(self, positions: Array, d_model: Size) -> Float32[np.ndarray, "n d_model"] | None:
        """Return the vectors that are added to the token rows; None for a scheme that acts elsewhere.

        Raises ShapeError where there is no position, or sizes do not fit.
        """
        places = self._places(positions)
        check_size(1, d_model=d_model)
        _check_rows(len(places), int(d_model))
        return self._added(places, int(d_model))

    @abstractmethod
    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return what `attend` does, of what is checked."""

    @abstractmethod
    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return what `strips` does, of what is checked."""

    def _added(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"] | None:
        """Return what `added` does, of what is checked."""
        del positions, d_model
        return None

    def _ready(self, tokens: Tokens) -> Tokens:
        places = self._places(tokens.positions)
        return tokens if places is tokens.positions else Tokens(tokens.vectors, places)

    def _places(self, positions: Any) -> np.ndarray:
        places = some_positions_of(positions)
        return places if self.is_real else whole(places, self.name, _real_schemes())


def _real_schemes() -> list[str]:
    """Return the names of the schemes that are defined between whole places, of all that were imported."""
    names, kinds = set(), [Scheme]
    while kinds:
        kinds += (kind := kinds.pop()).__subclasses__()
        if kind.is_real:
            names.add(kind.name)
    return sorted(names)


def check_scores(queries: Tokens, keys: Tokens, heads: Heads) -> None:
    """Raise ShapeError where there is no query or key, heads do not fit, or the scores would take too much memory."""
    check_least(1, n_queries=len(queries.vectors), n_keys=len(keys.vectors))
    widths = queries.vectors.shape[1], keys.vectors.shape[1]
    if widths[0] != widths[1]:
        msg = f"queries are {widths[0]} wide, and keys {widths[1]}: give both one width"
        raise ShapeError(msg)
    heads.check(widths[0])
    n_queries, n_keys, n_chosen = len(queries.vectors), len(keys.vectors), len(heads.chosen)
    check_memory(
        f"scores of {n_queries:,} × {n_keys:,} tokens in {n_chosen} heads",
        n_queries * n_keys * n_chosen,
        most=LARGEST_SCORES,
        remedy=f"choose a shorter sequence, {math.isqrt(LARGEST_SCORES // 4 // n_chosen):,} tokens say",
    )


def range_of_distances(query_positions: np.ndarray, key_positions: np.ndarray) -> tuple[int, int]:
    """Return the least and the largest distance, query minus key."""
    return (
        int(query_positions.min() - key_positions.max()),
        int(query_positions.max() - key_positions.min()),
    )


def largest_distance(query_positions: np.ndarray, key_positions: np.ndarray) -> int:
    """Return how far apart a query and a key are at most, whatever the direction."""
    return max(abs(distance) for distance in range_of_distances(query_positions, key_positions))


def drawn(seed: Size, *shape: int, turn: int = 0) -> Float32[np.ndarray, "..."]:
    """Return what stands in for learned numbers where no model has them: normal, mean 0, variance 1; seed ≥ 0.

    `turn` counts the tables that one seed draws, from 0.
    """
    check_whole(seed=seed)
    check_least(0, seed=seed)
    check_memory(
        f"learned numbers {list(shape)}",
        math.prod(int(size) for size in shape),
        most=LARGEST_SCORES,
        remedy=f"choose sizes of {LARGEST_SCORES // 4:,} numbers in all, or fewer",
    )
    return np.random.default_rng(int(seed) + turn).standard_normal(shape, dtype=np.float32)


def learned_table(
    table: Array | None, seed: Size, n_rows: int, n_columns: int
) -> Float32[np.ndarray, "n_rows n_columns"]:
    """Return the model's own `table`, or one drawn from `seed`. Raises ShapeError if the model's is of another size."""
    if table is None:
        return drawn(seed, n_rows, n_columns)
    own = vectors_of("the rows of the table", table)
    if own.shape != (n_rows, n_columns):
        msg = (
            f"the model's table is {list(own.shape)}, but these settings need {[n_rows, n_columns]}: take the model's "
            "own settings, or leave the table out, and it is drawn from the seed"
        )
        raise ShapeError(msg)
    return own


def keep_dimensions(
    vectors: Float32[np.ndarray, "n_heads n head_dim"], dimensions: list[int]
) -> Float32[np.ndarray, "n_heads n head_dim"]:
    """Return the vectors with all but some dimensions set to zero."""
    kept = np.zeros_like(vectors)
    kept[:, :, dimensions] = vectors[:, :, dimensions]
    return kept


def _check_rows(n_places: int, d_model: int) -> None:
    check_memory(
        f"{n_places:,} rows of width {d_model:,}",
        n_places * d_model,
        most=LARGEST_SCORES,
        remedy=f"choose fewer positions, {max(1, LARGEST_SCORES // 4 // d_model):,} say",
    )
