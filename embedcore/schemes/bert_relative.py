"""BERT's relative variants: a vector for each distance, met by the query, or by query and key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Size
from embedcore.checks.sizes import head_width, n_bert_rows
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens, learned_table
from embedcore.schemes.declaration import Declaration
from embedcore.schemes.relative import (
    MAX_DISTANCE,
    N_HEADS,
    OUTPUTS,
    distance_knob,
    empty_sides,
    picked,
    sides,
    total,
)
from embedcore.values import ByContent

_Table = Float32[np.ndarray, "n_rows n_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class BertRelative(ByContent, Scheme):
    """A vector for each distance, met by the query (Shaw et al. 2018), or by query and key (Huang et al. 2020)."""

    has_key_term: ClassVar[bool] = False
    name: ClassVar[str] = "bert-relative-key"
    max_distance: Size = 512
    seed: Size = 123
    table: Array | None = None  # float32 [n_rows, head_dim]

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return (q·k + q·a) / √head_dim, and + k·a where the key meets the vector too."""
        table = self._table(queries.vectors.shape[1], heads)
        outputs = run_graph("bert_relative", **sides(queries, keys, heads), table=table)
        terms = {"q·k": outputs["scores"], "q·a": outputs["query_scores"]}
        if self.has_key_term:
            terms["k·a"] = outputs["key_scores"]
        return Attention(total(terms), outputs["scores"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the distances' vectors."""
        table = self._table(d_model, heads)
        rows = run_graph("bert_relative", **empty_sides(query, positions, d_model, heads), table=table)["rows"][0]
        return (Strip("distance vector", picked(table, rows)),)

    def _table(self, d_model: int, heads: Heads) -> _Table:
        n_rows = n_bert_rows(self.max_distance)
        return learned_table(self.table, self.seed, n_rows, head_width(d_model, heads.n_heads))


@dataclass(frozen=True, slots=True, eq=False)
class BertRelativeKeyQuery(BertRelative):
    """`relative_key_query` (Huang et al. 2020, method 4)."""

    has_key_term: ClassVar[bool] = True
    name: ClassVar[str] = "bert-relative-key-query"


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    del metadata
    n_bert_rows(own["max_distance"])


DECLARED: Final = (
    Declaration(
        scheme=BertRelative,
        title="BERT relative key",
        place=50,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position table",
        parameters=(N_HEADS, MAX_DISTANCE),
        knobs=(distance_knob("bert_distance", 512),),
        check=_check,
    ),
    Declaration(
        scheme=BertRelativeKeyQuery,
        title="BERT relative key and query",
        place=51,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position table",
        parameters=(N_HEADS, MAX_DISTANCE),
        knobs=(distance_knob("bert_query_distance", 512),),
        check=_check,
    ),
)
