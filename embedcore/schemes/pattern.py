"""The attention pattern of block 1 on a text: its weights with what positions do to the scores, and without it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from embedcore.checks.given import Array, Size, whole_numbers
from embedcore.checks.sizes import check_index, check_least
from embedcore.errors import ShapeError
from embedcore.layer.block import FirstBlock
from embedcore.layer.rule import Rule
from embedcore.schemes.attention import Heads, Scheme, Tokens
from embedcore.schemes.measures import ruled_weights
from embedcore.schemes.on_block import attend
from embedcore.space.evenly import evenly
from embedcore.values import ByContent

MOST_QUERIES: Final = 96
LARGEST_WEIGHTS: Final = 4_000_000  # numbers: each of a few arrays of them takes eight bytes a number


@dataclass(frozen=True, slots=True, eq=False)
class Pattern(ByContent):
    """Attention weights of some queries over all keys of a text, [n_heads, n_queries, n_keys]: each row sums to 1.

    `queries` are the places of the queries. `weights` are those of the model's block 1, `without` those of the same
    queries and keys where no position acts, both by the rule of the model's file.
    """

    queries: Int64[np.ndarray, " n_queries"]
    weights: Float64[np.ndarray, "n_heads n_queries n_keys"]
    without: Float64[np.ndarray, "n_heads n_queries n_keys"]

    @property
    def difference(self) -> Float64[np.ndarray, "n_heads n_queries n_keys"]:
        """What positions add to each weight: each row sums to 0."""
        return self.weights - self.without

    @property
    def moved(self) -> Float64[np.ndarray, " n_heads"]:
        """The share of a query's attention that positions move to other keys, 0 to 1: the mean over the queries."""
        return np.abs(self.difference).sum(axis=2).mean(axis=1) / 2

    @property
    def away(self) -> Float64[np.ndarray, " n_heads"]:
        """How many tokens away the keys stand that a query attends to, on average, before it or after it."""
        return self._away(self.weights)

    @property
    def away_without(self) -> Float64[np.ndarray, " n_heads"]:
        """The same where no position acts."""
        return self._away(self.without)

    def _away(self, weights: np.ndarray) -> Float64[np.ndarray, " n_heads"]:
        distances = np.abs(self.queries[:, None] - np.arange(weights.shape[2])[None, :])
        return (weights * distances).sum(axis=2).mean(axis=1)


def pattern_of(scheme: Scheme, block: FirstBlock, heads: Heads, queries: Array | None = None) -> Pattern:
    """Return the attention pattern of `block` in the chosen heads, for the queries at the places `queries`.

    `scheme` is that of the model. The keys are all tokens, and so are the queries by default: for a long text choose
    some, since the weights grow with their number times that of the tokens. Raises ShapeError where the block has no
    rule, or no such query, or sizes do not fit.
    """
    rule, n_tokens = rule_of_block(block), len(block.rows)
    places = np.arange(n_tokens) if queries is None else whole_numbers("query", queries)
    check_least(1, n_queries=len(places))
    for place in (places.min(), places.max()):
        check_index(n_tokens, query=int(place))
    asking, keys = Tokens(block.rows[places], places), Tokens.of(block.rows)
    attention = attend(scheme, asking, keys, heads, block)
    weights, without = (ruled_weights(values, rule, places) for values in (attention.scores, attention.content))
    return Pattern(places, weights, without)


def queries_of(block: FirstBlock, most: Size = MOST_QUERIES) -> Int64[np.ndarray, " n_queries"]:
    """Return the places of `most` queries at most, evenly spread, so few that the weights of all heads stay small."""
    n_tokens = len(block.rows)
    fit = max(1, LARGEST_WEIGHTS // (block.n_heads * n_tokens))
    return evenly(n_tokens, min(int(most), fit))


def rule_of_block(block: FirstBlock) -> Rule:
    """Return the rule of the block. Raises ShapeError where it has none."""
    if block.rule is None:
        msg = (
            "the file has 0 rules by which block 1 makes weights of its scores: look at the scores, or export the file "
            "again where the family's rule is known"
        )
        raise ShapeError(msg)
    return block.rule
