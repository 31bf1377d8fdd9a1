"""What the schemes share that have a vector for each distance between a query and a key."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.contract import DISTANCES, RELATIVE_EMBEDDINGS, Axis
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Heads, Tokens
from embedcore.schemes.declaration import CONTEXT_LENGTH, Knob, Parameter

OUTPUTS: Final[Mapping[str, tuple[Axis, ...]]] = {RELATIVE_EMBEDDINGS: (DISTANCES, "head_dim")}
N_HEADS: Final = Parameter("n_heads", int, "--n-heads", "head_dim is d_model / n_heads (4)", default=4, is_needed=True)
MAX_DISTANCE: Final = Parameter(
    "max_distance", int, "--max-distance", "of {schemes}", default=CONTEXT_LENGTH, is_needed=True, step=1
)


def distance_knob(key: str, default: int) -> Knob:
    """Return the knob of the largest distance that a scheme tells apart."""
    return Knob("max_distance", key, "Largest distance", "whole", default)


def sides(queries: Tokens, keys: Tokens, heads: Heads) -> dict[str, np.ndarray]:
    """Return what a graph takes of queries and keys: their heads, and where they stand."""
    return {
        "queries": heads.split(queries.vectors),
        "keys": heads.split(keys.vectors),
        "query_positions": queries.positions,
        "key_positions": keys.positions,
    }


def empty_sides(query: int, positions: np.ndarray, d_model: int, heads: Heads) -> dict[str, np.ndarray]:
    """Return sides whose vectors are zero: the rows that a graph picks depend on places alone."""
    zeros = np.zeros((len(positions), d_model), np.float32)
    return sides(Tokens(zeros[:1], positions[query : query + 1]), Tokens(zeros, positions), heads)


def picked(
    table: Float32[np.ndarray, "n_rows n_columns"], rows: Int64[np.ndarray, " n"]
) -> Float32[np.ndarray, "n n_columns"]:
    """Return `rows` of a table."""
    return run_graph("learned", table=table, positions=rows)["position_embeddings"]


def total(terms: dict[str, np.ndarray]) -> np.ndarray:
    """Return the sum of a score's terms, in their order."""
    first, *others = terms.values()
    for other in others:
        first = first + other
    return first
