"""T5's bias: a learned number for each head and bucket of distances."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Flag, Size
from embedcore.checks.sizes import check_buckets, head_width
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Heads, Tokens, largest_distance, learned_table
from embedcore.schemes.bias import OUTPUTS, Bias
from embedcore.schemes.buckets import N_BUCKETS, t5_buckets
from embedcore.schemes.declaration import Declaration, Knob, Parameter
from embedcore.schemes.none import NoPosition
from embedcore.schemes.relative import MAX_DISTANCE, N_HEADS, distance_knob
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class T5(ByContent, Bias):
    """A learned number for each head and bucket of distances; T5 leaves out the √head_dim (Raffel et al. 2020)."""

    name: ClassVar[str] = "t5"
    n_buckets: Size = 32
    max_distance: Size = 128
    is_bidirectional: Flag = True
    seed: Size = 123
    table: Array | None = None  # float32 [n_buckets, n_heads]

    def _content(self, queries: Tokens, keys: Tokens, heads: Heads) -> Float32[np.ndarray, "n_heads n_queries n_keys"]:
        """Return q·k."""
        root = np.float32(head_width(queries.vectors.shape[1], heads.n_heads) ** 0.5)
        return NoPosition().attend(queries, keys, heads).scores * root

    def _run(self, query_positions: np.ndarray, key_positions: np.ndarray, heads: Heads) -> Mapping[str, np.ndarray]:
        check_buckets(self.n_buckets, self.max_distance, is_bidirectional=self.is_bidirectional)
        n_buckets, max_distance = int(self.n_buckets), int(self.max_distance)
        buckets = t5_buckets(
            min(largest_distance(query_positions, key_positions), max_distance),
            n_buckets=n_buckets,
            max_distance=max_distance,
            is_bidirectional=bool(self.is_bidirectional),
        )
        table = learned_table(self.table, self.seed, n_buckets, heads.n_heads)
        return run_graph(
            "t5",
            query_positions=query_positions,
            key_positions=key_positions,
            table=table[:, heads.chosen],
            buckets_by_distance=buckets,
        )


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    del metadata
    check_buckets(own["n_buckets"], own["max_distance"], is_bidirectional=own["is_bidirectional"])


_BOTH: Final = Parameter(
    "is_bidirectional",
    bool,
    "--causal",
    "t5: buckets only for keys behind the query, as in its decoder",
    default=True,
    is_needed=True,
)

DECLARED: Final = (
    Declaration(
        scheme=T5,
        title="T5 bias",
        place=70,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position table",
        parameters=(
            N_HEADS,
            replace(MAX_DISTANCE, default=128),
            replace(N_BUCKETS, default=32, default_words="", is_needed=True),
            _BOTH,
        ),
        knobs=(
            Knob("n_buckets", "t5_buckets", "Number of buckets", "whole", 32),
            distance_knob("t5_distance", 128),
            Knob("is_bidirectional", "t5_both", "Bidirectional, as in encoders", "switch", default=True),
        ),
        check=_check,
    ),
)
