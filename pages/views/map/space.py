"""Which vectors a map is made of: a model, a stage, and all rows or some of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.errors import ShapeError
from embedcore.maps.file import MapRows
from embedcore.model.model import Model
from embedcore.model.stages import Stage
from embedcore.model.trained_rows import trained_ids, untouched
from embedcore.model.vectors_key import VectorsKey, vectors_key
from embedcore.space.carried import NOT_THERE
from embedcore.space.neighbors import NeighborIndex
from embedcore.values import ByContent
from pages.shared import services

ALL: Final = "all"
TRAINED: Final = "trained"
PICKED: Final = "picked"


@dataclass(frozen=True, eq=False)
class Space(ByContent):
    """The vectors of some rows of a model at a stage; `token_ids` are ascending, None for all."""

    model: Model
    stage: Stage
    token_ids: Int64[np.ndarray, " n"] | None = None

    @property
    def packed(self) -> str | None:
        """The ids as a short text; None for all."""
        return self.key.rows

    @cached_property
    def key(self) -> VectorsKey:
        """The name of the vectors, by which all pages keep what they make of them."""
        return vectors_key(self.model, self.stage, self.token_ids)

    @cached_property
    def vectors(self) -> Float32[np.ndarray, "n d_model"]:
        """The vectors, shared by all readers."""
        return services.vectors(self.key, self.model)

    @cached_property
    def sha256(self) -> str:
        """The hash of the vectors, by which a finished map knows them."""
        return services.sha256(self.key, self.model)

    @property
    def index(self) -> NeighborIndex:
        """The vectors bound to the search, by cosine."""
        return services.neighbor_index(self.key, "cosine", self.model.provider, self.model)

    @property
    def ids(self) -> Int64[np.ndarray, " n"]:
        """The token id of every row."""
        return np.arange(self.model.metadata.n_vocab) if self.token_ids is None else self.token_ids

    @cached_property
    def part(self) -> MapRows | None:
        """Which rows these are, as the maps beside a model are named: all, the trained ones, or None for others."""
        if self.token_ids is None:
            return "all"
        is_trained = untouched(self.model.metadata) is not None and np.array_equal(
            self.token_ids, trained_ids(self.model.metadata)
        )
        return "trained" if is_trained else None

    def rows(self, token_ids: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, " m_there"]:
        """Return the rows of those of `token_ids` that are there."""
        if self.token_ids is None:
            return token_ids[(token_ids >= 0) & (token_ids < self.model.metadata.n_vocab)]
        rows = np.minimum(np.searchsorted(self.token_ids, token_ids), len(self.token_ids) - 1)
        return rows[self.token_ids[rows] == token_ids]


def shared_ids(one: Model, two: Model) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Return the ids of the tokens that two models' vocabularies share, in each: the same row is the same token."""
    every = np.arange(one.metadata.n_vocab)
    other = translated(every, one, two)
    return every[other != NOT_THERE], other[other != NOT_THERE]


def translated(token_ids: Int64[np.ndarray, " n"], one: Model, two: Model) -> Int64[np.ndarray, " n"]:
    """Return the ids that tokens of `one` have in `two`, in the same order; −1 for those that have no row there."""
    if one.tokenizer.is_same(two.tokenizer):
        translated_ids = token_ids
    else:
        table = services.carried(one.tokenizer.name, two.tokenizer.name)
        is_token = token_ids < len(table)  # a table may have more rows than its vocabulary has tokens
        translated_ids = np.where(is_token, table[np.where(is_token, token_ids, 0)], NOT_THERE)
    return np.where(translated_ids < two.metadata.n_vocab, translated_ids, NOT_THERE)


def trained(model: Model) -> Int64[np.ndarray, " n"]:
    """Return the ids of the rows that training met. Raises ShapeError where it met none."""
    token_ids = trained_ids(model.metadata)
    if len(token_ids) == 0:
        msg = f"{model.name} has no trained rows: choose all rows"
        raise ShapeError(msg)
    return token_ids
