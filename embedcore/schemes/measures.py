"""What can be said of any scheme in the same words: decay with distance, word order, content against position."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from embedcore.contract import SCORE_ATOL, SCORE_RTOL
from embedcore.errors import ShapeError
from embedcore.evenly import evenly
from embedcore.schemes.attention import Attention, Heads, Scheme, Tokens
from embedcore.sizes import check_least, check_memory
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


def decay(scheme: Scheme, vector: Float32[np.ndarray, " d_model"], reach: int, heads: Heads) -> Attention:
    """Return the scores of one query, at place `reach`, with copies of itself 0, 1, … `reach` tokens back.

    reach ≥ 1, as far as memory goes. Raises ShapeError otherwise, or where the scheme has no such place.
    """
    check_least(1, reach=reach)
    check_memory(f"{reach + 1:,} keys of width {len(vector):,}", (reach + 1) * len(vector), most=LARGEST_KEYS)
    places = np.arange(reach, -1, -1)
    query = Tokens(vector[None], places[:1])
    keys = Tokens(np.repeat(vector[None], len(places), axis=0), places)
    return scheme.attend(query, keys, heads)


def attention_weights(attention: Attention, *, is_causal: bool) -> Float64[np.ndarray, "n_heads n_queries n_keys"]:
    """Return the softmax of the scores over the keys, each row sums to 1; causal: keys ahead get 0."""
    scores = attention.scores.astype(np.float64)
    if is_causal:
        ahead = np.arange(scores.shape[2])[None, :] > np.arange(scores.shape[1])[:, None]
        scores = np.where(ahead, -np.inf, scores)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True)


def word_order(
    scheme: Scheme, sides: tuple[Tokens, Tokens], places: Int64[np.ndarray, " n"], heads: Heads
) -> WordOrder:
    """Compare the scores of the same tokens in two orders, in the first of the chosen heads.

    `sides` are the first sentence and the second; `places` is what `moved` gives for their ids.

    Scores count as equal within the tolerance of a score; input vectors only bit for bit.
    """
    before, after = (scheme.attend(side, side, heads).scores[0] for side in sides)
    moved_scores = after[np.ix_(places, places)]
    is_equal = np.isclose(
        moved_scores, before, rtol=SCORE_RTOL, atol=SCORE_ATOL * max(1.0, float(np.abs(before).max()))
    )
    inputs = [_inputs(scheme, side) for side in sides]
    same = (inputs[1][places] == inputs[0]).all(axis=1)
    return WordOrder(places, moved_scores - before, int(is_equal.sum()), int(same.sum()))


def moved(first: Int64[np.ndarray, " n"], second: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, " n"]:
    """Return where the second sequence of ids has each token of the first; the k-th of equal ones is the k-th there.

    Raises ShapeError, naming how many are left over, unless both are the same bag of ids.

    >>> moved([7, 8, 7], [7, 7, 8])   →   [0, 2, 1]
    """
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
    query: Float32[np.ndarray, " d_model"],
    vectors: Float32[np.ndarray, "n_tokens d_model"],
    n_places: int,
    heads: Heads,
) -> Spread:
    """Measure how much a score changes with the key's place, and with the key itself, for one query at the last place.

    Every one of `vectors` stands once at each of `n_places` places (64 at most, evenly spread over them). Each number
    is the root mean square of the differences over all pairs, in all chosen heads; 0 where there is but one.
    """
    check_least(1, n_tokens=len(vectors), n_places=n_places)
    places = evenly(n_places, MAX_PLACES)
    keys = Tokens(np.repeat(vectors, len(places), axis=0), np.tile(places, len(vectors)))
    found = scheme.attend(Tokens(query[None], places[-1:]), keys, heads).scores[:, 0]
    table = found.reshape(len(found), len(vectors), len(places)).astype(np.float64)
    return Spread(_root_mean_square(table, axis=2), _root_mean_square(table, axis=1))


def _root_mean_square(table: Float64[np.ndarray, "n_heads n_tokens n_places"], *, axis: int) -> float:
    """Return √ of the mean of (x − y)² over all pairs along `axis`: twice the variance with n − 1."""
    if table.shape[axis] < 2:
        return 0.0
    return float(np.sqrt(2 * table.var(axis=axis, ddof=1).mean()))


def _inputs(scheme: Scheme, tokens: Tokens) -> Float32[np.ndarray, "n d_model"]:
    added = scheme.added(tokens.positions, tokens.vectors.shape[1])
    return tokens.vectors if added is None else tokens.vectors + added
