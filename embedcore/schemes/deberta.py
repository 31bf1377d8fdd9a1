"""DeBERTa's disentangled attention: content to position, and position to content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Flag, Size
from embedcore.checks.sizes import check_flag, head_width, n_deberta_rows
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import (
    Attention,
    Heads,
    Scheme,
    Strip,
    Tokens,
    largest_distance,
    learned_table,
)
from embedcore.schemes.buckets import N_BUCKETS, deberta_rows
from embedcore.schemes.declaration import Declaration, Knob
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
        outputs = self._run(sides(queries, keys, heads), queries.vectors.shape[1], heads)
        terms = {name: outputs[name] for name in ("c2c", "c2p", "p2c")}
        return Attention(total(terms), terms["c2c"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the distances' vectors."""
        rows = self._run(empty_sides(query, positions, d_model, heads), d_model, heads)["rows"][0]
        return (Strip("distance vector", picked(self._table(d_model, heads), rows)),)

    def _run(self, both: dict[str, np.ndarray], d_model: int, heads: Heads) -> dict[str, np.ndarray]:
        check_flag(is_released=self.is_released)
        table = np.repeat(self._table(d_model, heads)[None], len(heads.chosen), axis=0)
        reach = largest_distance(both["query_positions"], both["key_positions"])
        options: dict[str, np.ndarray | bool] = {
            "rows_by_distance": deberta_rows(
                min(reach, int(self.max_distance)), max_distance=int(self.max_distance), n_buckets=int(self.n_buckets)
            ),
            "is_released": self.is_released,
        }
        return dict(run_graph("deberta", **both, key_table=table, query_table=table, **options))

    def _table(self, d_model: int, heads: Heads) -> _Table:
        n_rows = n_deberta_rows(self.max_distance, self.n_buckets)
        return learned_table(self.table, self.seed, n_rows, head_width(d_model, heads.n_heads))


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    del metadata
    n_deberta_rows(own["max_distance"], own["n_buckets"])


_BUCKETS_KNOB: Final = Knob("n_buckets", "deberta_buckets", "Buckets (0 for none)", "whole", 0)
_RELEASED_KNOB: Final = Knob(
    "is_released",
    "deberta_released",
    "Position-to-content term of the released code",
    "switch",
    default=True,
    width=1.4,
)

DECLARED: Final = (
    Declaration(
        scheme=Deberta,
        title="Disentangled (DeBERTa)",
        place=60,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position table",
        parameters=(N_HEADS, MAX_DISTANCE, N_BUCKETS),
        knobs=(distance_knob("deberta_distance", 512), _BUCKETS_KNOB, _RELEASED_KNOB),
        check=_check,
    ),
)
