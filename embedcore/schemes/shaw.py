"""Shaw's relative positions: a vector for each clipped distance, met by keys and by values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Size
from embedcore.checks.sizes import head_width, n_shaw_rows
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens, drawn, learned_table
from embedcore.schemes.declaration import Declaration
from embedcore.schemes.origin import Origin
from embedcore.schemes.relative import MAX_DISTANCE, N_HEADS, OUTPUTS, distance_knob, empty_sides, picked, sides
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
        outputs = run_graph(
            "shaw", **sides(queries, keys, heads), table=self._tables(queries.vectors.shape[1], heads)[0]
        )
        relative = outputs["position_scores"]
        content = outputs["scores"] - relative
        return Attention(outputs["scores"], content, {"q·k": content, "q·a": relative})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return the keys' and the values' vectors."""
        tables = self._tables(d_model, heads)
        rows = run_graph("shaw", **empty_sides(query, positions, d_model, heads), table=tables[0])["rows"][0]
        origins: tuple[Origin | None, Origin | None] = (None, "random")
        return tuple(
            Strip(title, picked(table, rows), origin=origin)
            for title, table, origin in zip(("key vector", "value vector"), tables, origins, strict=True)
        )

    def _tables(self, d_model: int, heads: Heads) -> tuple[_Table, _Table]:
        size = (n_shaw_rows(self.max_distance), head_width(d_model, heads.n_heads))
        return learned_table(self.table, self.seed, *size), drawn(self.seed, *size, turn=1)


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    del metadata
    n_shaw_rows(own["max_distance"])


DECLARED: Final = (
    Declaration(
        scheme=Shaw,
        title="Relative (Shaw)",
        place=30,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position table",
        never_in_a_file="value vectors",
        parameters=(N_HEADS, replace(MAX_DISTANCE, default=16)),
        knobs=(distance_knob("shaw_distance", 16),),
        check=_check,
    ),
)
