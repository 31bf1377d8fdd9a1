"""Schemes with a vector for each distance: Shaw's, BERT's two, DeBERTa's and Transformer-XL's."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.checks.given import Array, Choice, Flag, Number, Size
from embedcore.checks.sizes import (
    check_base,
    check_flag,
    check_memory,
    check_wave_layout,
    head_width,
    n_bert_rows,
    n_deberta_rows,
    n_shaw_rows,
    paired_head_width,
)
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.absolute import keep_dimensions, sinusoidal_at
from embedcore.schemes.attention import (
    LARGEST_SCORES,
    Attention,
    Heads,
    Scheme,
    Strip,
    Tokens,
    drawn,
    largest_distance,
    learned_table,
    range_of_distances,
)
from embedcore.schemes.buckets import deberta_rows
from embedcore.values import ByContent

_Table = Float32[np.ndarray, "n_rows n_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class Shaw(ByContent, Scheme):
    """A vector for each clipped distance, for keys and for values (Shaw et al. 2018); `table` is a model's keys'."""

    name: ClassVar[str] = "shaw"
    max_distance: Size = 16
    seed: Size = 123
    table: Array | None = None  # float32 [n_rows, head_dim]

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return q·(k + a) / √head_dim."""
        found = run_graph(
            "shaw", **_sides(queries, keys, heads), table=self._tables(queries.vectors.shape[1], heads)[0]
        )
        relative = found["position_scores"]
        content = found["scores"] - relative
        return Attention(found["scores"], content, {"q·k": content, "q·a": relative})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the keys' and the values' vectors."""
        tables = self._tables(d_model, heads)
        rows = run_graph("shaw", **_empty_sides(query, positions, d_model, heads), table=tables[0])["rows"][0]
        return tuple(
            Strip(title, _rows(table, rows))
            for title, table in zip(("key vector", "value vector"), tables, strict=True)
        )

    def _tables(self, d_model: int, heads: Heads) -> tuple[_Table, _Table]:
        size = (n_shaw_rows(self.max_distance), head_width(d_model, heads.n_heads))
        return learned_table(self.table, self.seed, *size), drawn(self.seed, *size, turn=1)


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
        found = run_graph("bert_relative", **_sides(queries, keys, heads), table=table)
        terms = {"q·k": found["scores"], "q·a": found["query_scores"]}
        if self.has_key_term:
            terms["k·a"] = found["key_scores"]
        return Attention(_total(terms), found["scores"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the distances' vectors."""
        table = self._table(d_model, heads)
        rows = run_graph("bert_relative", **_empty_sides(query, positions, d_model, heads), table=table)["rows"][0]
        return (Strip("distance vector", _rows(table, rows)),)

    def _table(self, d_model: int, heads: Heads) -> _Table:
        n_rows = n_bert_rows(self.max_distance)
        return learned_table(self.table, self.seed, n_rows, head_width(d_model, heads.n_heads))


@dataclass(frozen=True, slots=True, eq=False)
class BertRelativeKeyQuery(BertRelative):
    """`relative_key_query` (Huang et al. 2020, method 4)."""

    has_key_term: ClassVar[bool] = True
    name: ClassVar[str] = "bert-relative-key-query"


@dataclass(frozen=True, slots=True, eq=False)
class Deberta(ByContent, Scheme):
    """Content to position, and position to content (He et al. 2021); n_buckets 0, or the log buckets of v2.

    `is_released`: position to content takes δ(i, j), as the released code and models do; False: δ(j, i), as the paper.
    The table [2k, head_dim] meets queries and keys as it is, in every head: its own two projections are the identity.
    """

    name: ClassVar[str] = "deberta"
    max_distance: Size = 512
    n_buckets: Size = 0
    seed: Size = 123
    table: Array | None = None  # float32 [n_rows, head_dim]
    is_released: Flag = True

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return (q·k + q·K_δ(i,j) + k·Q_δ(i,j)) / √(3·head_dim), or with k·Q_δ(j,i), the paper's."""
        found = self._run(_sides(queries, keys, heads), queries.vectors.shape[1], heads)
        terms = {name: found[name] for name in ("c2c", "c2p", "p2c")}
        return Attention(_total(terms), terms["c2c"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the distances' vectors."""
        rows = self._run(_empty_sides(query, positions, d_model, heads), d_model, heads)["rows"][0]
        return (Strip("distance vector", _rows(self._table(d_model, heads), rows)),)

    def _run(self, sides: dict[str, np.ndarray], d_model: int, heads: Heads) -> dict[str, np.ndarray]:
        check_flag(is_released=self.is_released)
        table = np.repeat(self._table(d_model, heads)[None], len(heads.chosen), axis=0)
        reach = largest_distance(sides["query_positions"], sides["key_positions"])
        options: dict[str, np.ndarray | bool] = {
            "rows_by_distance": deberta_rows(
                min(reach, int(self.max_distance)), max_distance=int(self.max_distance), n_buckets=int(self.n_buckets)
            ),
            "is_released": self.is_released,
        }
        return dict(run_graph("deberta", **sides, key_table=table, query_table=table, **options))

    def _table(self, d_model: int, heads: Heads) -> _Table:
        n_rows = n_deberta_rows(self.max_distance, self.n_buckets)
        return learned_table(self.table, self.seed, n_rows, head_width(d_model, heads.n_heads))


@dataclass(frozen=True, slots=True)
class TransformerXL(Scheme):
    """Waves of the distance, and learned u and v for all queries (Dai et al. 2019).

    R is as wide as a head, as a model's file has it, and each head's projection W_kR is the identity. `wave_layout`
    of its waves: the paper's, or "halves", all sines before all cosines, which the released models have.
    """

    name: ClassVar[str] = "transformer-xl"
    has_pairs: ClassVar[bool] = True
    base: Number = 10_000.0
    seed: Size = 123
    wave_layout: Choice = "interleaved"

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the sum of the terms (a) to (d), each / √head_dim."""
        head_dim = paired_head_width(queries.vectors.shape[1], heads.n_heads)
        check_base(self.base)
        check_wave_layout(self.wave_layout)
        sides = _sides(queries, keys, heads)
        u, v = (drawn(self.seed, heads.n_heads, 1, head_dim, turn=turn)[heads.chosen] for turn in (0, 1))
        if heads.pair is not None:
            is_halves = self.wave_layout == "halves"
            kept = [heads.pair, heads.pair + head_dim // 2] if is_halves else [2 * heads.pair, 2 * heads.pair + 1]
            sides |= {side: keep_dimensions(sides[side], kept) for side in ("queries", "keys")}
            u, v = keep_dimensions(u, kept), keep_dimensions(v, kept)
        first, last = range_of_distances(queries.positions, keys.positions)
        check_memory(
            f"waves of {last - first + 1:,} distances of width {head_dim}",
            (last - first + 1) * head_dim * len(heads.chosen),
            most=LARGEST_SCORES,
            remedy="choose positions that are nearer to each other",
        )
        found = run_graph(
            "transformer_xl",
            **sides,
            distances=np.arange(first, last + 1),
            pairs=np.arange(head_dim // 2),
            base=self.base,
            projection=np.repeat(np.eye(head_dim, dtype=np.float32)[None], len(heads.chosen), axis=0),
            u=u,
            v=v,
            is_halves=self.wave_layout == "halves",
        )
        shape = found["a"].shape
        terms = {f"({name})": np.broadcast_to(found[name], shape) for name in "abcd"}
        return Attention(_total(terms), found["a"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return R_{i−j}."""
        head_dim = paired_head_width(d_model, heads.n_heads)
        distances = positions[query] - positions
        return (Strip("R(i−j)", sinusoidal_at(distances, head_dim, base=self.base, wave_layout=self.wave_layout)),)


def _sides(queries: Tokens, keys: Tokens, heads: Heads) -> dict[str, np.ndarray]:
    return {
        "queries": heads.split(queries.vectors),
        "keys": heads.split(keys.vectors),
        "query_positions": queries.positions,
        "key_positions": keys.positions,
    }


def _empty_sides(query: int, positions: np.ndarray, d_model: int, heads: Heads) -> dict[str, np.ndarray]:
    """Return sides whose vectors are zero: the rows that a graph picks depend on places alone."""
    zeros = np.zeros((len(positions), d_model), np.float32)
    return _sides(Tokens(zeros[:1], positions[query : query + 1]), Tokens(zeros, positions), heads)


def _rows(table: _Table, rows: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, "n n_columns"]:
    return run_graph("learned", table=table, positions=rows)["position_embeddings"]


def _total(terms: dict[str, np.ndarray]) -> np.ndarray:
    total, *others = terms.values()
    for other in others:
        total = total + other
    return total
