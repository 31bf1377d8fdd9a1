"""What can be said of any scheme in the same words: decay with distance, word order, content against position."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from embedcore.checks.given import Array, Flag, Size, check_all_there, vector_of, vectors_of, whole_numbers
from embedcore.checks.sizes import check_flag, check_least, check_memory, check_size
from embedcore.contract import SCORE_ATOL, SCORE_RTOL
from embedcore.errors import ShapeError
from embedcore.layer.block import FirstBlock
from embedcore.layer.rule import Rule
from embedcore.schemes.attention import Attention, Heads, Scheme, Tokens
from embedcore.schemes.none import NoPosition
from embedcore.schemes.on_block import attend
from embedcore.space.evenly import evenly
from embedcore.values import ByContent

MAX_PLACES: Final = 64
LARGEST_KEYS: Final = 100_000_000  # bytes of the keys of one decay; its waves and rows take several times as much


@dataclass(frozen=True, slots=True, eq=False)
class WordOrder(ByContent):
    """Two sentences of the same tokens: which score stays what it was when the words move.

    `difference[i, j]` is the score of the first sentence's tokens i and j where the second has them, minus where the
    first has them; `places[i]` is where the second sentence has token i.
    """

    places: Int64[np.ndarray, " n"]
    difference: Float32[np.ndarray, "n n"]
    n_equal: int
    n_equal_inputs: int

    @property
    def is_same_order(self) -> bool:
        """Whether every token stands where it stood."""
        return bool(np.array_equal(self.places, np.arange(len(self.places))))

    @property
    def most_different(self) -> tuple[int, int]:
        """The query and the key whose score differs most, by their index in the first sentence.

        Of several that differ equally it is the first.
        """
        query, key = np.unravel_index(np.abs(self.difference).argmax(), self.difference.shape)
        return int(query), int(key)

    @property
    def largest(self) -> float:
        """The largest difference, whatever its sign."""
        return float(np.abs(self.difference).max())


@dataclass(frozen=True, slots=True)
class Spread:
    """How far scores lie apart: of one token at two places, and of two tokens at one place (root mean squares)."""

    between_places: float
    between_tokens: float

    @property
    def ratio(self) -> float:
        """Position against content: 0 where places make no difference; infinite where tokens make none."""
        if self.between_tokens > 0:
            return self.between_places / self.between_tokens
        return float("inf") if self.between_places > 0 else 0.0


def decay(scheme: Scheme, vector: Array, reach: Size, heads: Heads, *, block: FirstBlock | None = None) -> Attention:
    """Return the scores of one query [d_model], at place `reach`, with copies of itself 0, 1, … `reach` tokens back.

    With `block` the vector is a row of it, and the scores are those of its query with its keys (`on_block.attend`).
    reach ≥ 1, as far as memory goes. Raises ShapeError otherwise, or where the scheme has no such place.
    """
    row = vector_of("vector", vector)
    check_size(1, reach=reach)
    check_memory(
        f"{reach + 1:,} keys of width {len(row):,}",
        (reach + 1) * len(row),
        most=LARGEST_KEYS,
        remedy=f"choose a smaller reach, {max(1, LARGEST_KEYS // 4 // len(row) - 1):,} say",
    )
    places = np.arange(reach, -1, -1)
    query = Tokens(row[None], places[:1])
    keys = Tokens(np.repeat(row[None], len(places), axis=0), places)
    return attend(scheme, query, keys, heads, block)


def attention_weights(attention: Attention, *, is_causal: Flag) -> Float64[np.ndarray, "n_heads n_queries n_keys"]:
    """Return the softmax of the scores over the keys, each row sums to 1; causal: keys ahead get 0.

    Raises ShapeError where there is no key.
    """
    check_flag(is_causal=is_causal)
    return ruled_weights(attention.scores, Rule(bool(is_causal)))


def ruled_weights(
    values: Float32[np.ndarray, "n_heads n_queries n_keys"], rule: Rule, places: Array | None = None
) -> Float64[np.ndarray, "n_heads n_queries n_keys"]:
    """Return the weights that scores become by a model's `rule`: capped, masked, softmax over the keys.

    The scores are scaled already. The keys stand at places 0 … n_keys − 1, and the queries at `places` [n_queries], by
    default at the same. Raises ShapeError where there is no key, or no place for each query.
    """
    check_least(1, n_keys=values.shape[2])
    own = np.arange(values.shape[1]) if places is None else whole_numbers("place", places)
    check_all_there("places", len(own), values.shape[1])
    scores = values.astype(np.float64)
    if rule.softcap is not None:
        scores = rule.softcap * np.tanh(scores / rule.softcap)
    back = own[:, None] - np.arange(scores.shape[2])[None, :]
    if rule.is_causal:
        scores = np.where(back < 0, -np.inf, scores)
    if rule.window is not None:
        scores = np.where(np.abs(back) >= rule.window, -np.inf, scores)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True)


def word_order(
    scheme: Scheme, sides: tuple[Tokens, Tokens], places: Array, heads: Heads, *, block: FirstBlock | None = None
) -> WordOrder:
    """Compare the scores of the same tokens in two orders, in the first of the chosen heads.

    `sides` are the first sentence and the second, rows of the `block` where there is one; `places` is what `moved`
    gives for their ids.

    Scores count as equal within the tolerance of a score; input vectors only bit for bit. Raises ShapeError where the
    sides are not of one length, or `places` is not each of its places once.
    """
    n_tokens = len(sides[0].vectors)
    ordered = whole_numbers("place", places)
    if len(sides[1].vectors) != n_tokens or not np.array_equal(np.sort(ordered), np.arange(n_tokens)):
        msg = (
            f"the sides have {n_tokens} and {len(sides[1].vectors)} tokens, and {len(ordered)} places: give each of "
            f"0…{n_tokens - 1} once, as `moved` does"
        )
        raise ShapeError(msg)
    before, after = (attend(scheme, side, side, heads, block).scores[0] for side in sides)
    moved_scores = after[np.ix_(ordered, ordered)]
    is_equal = np.isclose(
        moved_scores, before, rtol=SCORE_RTOL, atol=SCORE_ATOL * max(1.0, float(np.abs(before).max()))
    )
    inputs = [_inputs(scheme, side) for side in sides]
    same = (inputs[1][ordered] == inputs[0]).all(axis=1)
    return WordOrder(ordered, moved_scores - before, int(is_equal.sum()), int(same.sum()))


def without_positions(
    sides: tuple[Tokens, Tokens], places: Array, heads: Heads, *, block: FirstBlock | None = None
) -> WordOrder:
    """Compare the scores of the same tokens in two orders as `word_order` does, where no position acts."""
    return word_order(NoPosition(), sides, places, heads, block=block)


def moved(first: Array, second: Array) -> Int64[np.ndarray, " n"]:
    """Return where the second sequence of ids has each token of the first; the k-th of equal ones is the k-th there.

    Raises ShapeError, naming how many are left over, unless both are the same bag of ids, and there is one.

    >>> moved([7, 8, 7], [7, 7, 8])
    array([0, 2, 1])
    """
    first, second = (whole_numbers("token id", ids) for ids in (first, second))
    left, right = Counter(first.tolist()), Counter(second.tolist())
    if left != right:
        msg = (
            f"the sentences have {(left - right).total()} and {(right - left).total()} tokens of their own, of "
            f"{len(first)} and {len(second)}: use the same words in both, with the same spaces"
        )
        raise ShapeError(msg)
    places = np.empty(len(first), np.int64)
    places[np.argsort(first, kind="stable")] = np.argsort(second, kind="stable")
    return places


def spread(
    scheme: Scheme,
    query: Array,
    vectors: Array,
    n_places: Size,
    heads: Heads,
    *,
    block: FirstBlock | None = None,
) -> Spread:
    """Measure how much a score changes with the key's place, and with the key itself, for one query at the last place.

    Every one of `vectors` stands once at each of `n_places` places (64 at most, evenly spread over them). Each number
    is the root mean square of the differences over all pairs, in all chosen heads; 0 where there is but one.
    `query` is [d_model], `vectors` [n_tokens, d_model]. Raises ShapeError where sizes do not fit, or one is 0.
    """
    rows, row = vectors_of("vectors", vectors), vector_of("query", query)
    check_size(1, n_tokens=len(rows), n_places=n_places)
    places = evenly(n_places, MAX_PLACES)
    keys = Tokens(np.repeat(rows, len(places), axis=0), np.tile(places, len(rows)))
    scores = attend(scheme, Tokens(row[None], places[-1:]), keys, heads, block).scores[:, 0]
    table = scores.reshape(len(scores), len(rows), len(places)).astype(np.float64)
    return Spread(_root_mean_square(table, axis=2), _root_mean_square(table, axis=1))


def _root_mean_square(table: Float64[np.ndarray, "n_heads n_tokens n_places"], *, axis: int) -> float:
    """Return √ of the mean of (x − y)² over all pairs along `axis`: twice the variance with n − 1."""
    if table.shape[axis] < 2:
        return 0.0
    return float(np.sqrt(2 * table.var(axis=axis, ddof=1).mean()))


def _inputs(scheme: Scheme, tokens: Tokens) -> Float32[np.ndarray, "n d_model"]:
    added = scheme.added(tokens.positions, tokens.vectors.shape[1])
    return tokens.vectors if added is None else tokens.vectors + added
