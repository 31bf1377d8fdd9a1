"""What a model's file gives, by its scheme: the contract's outputs with their axes, and which of them are lookups."""

from collections.abc import Mapping
from typing import Final

from embedcore.contract import (
    INPUT_EMBEDDINGS,
    KEYS,
    POSITION_EMBEDDINGS,
    QUERIES,
    TOKEN_EMBEDDINGS,
    Axis,
    ModelMetadata,
)
from embedcore.layer.steps import has_queries, width_of_positions
from embedcore.schemes.registry import SCHEMES

# What each positional scheme adds to the outputs, with its axes. Row r of relative_embeddings stands for the distance
# i − j = r − (sequence − 1), query minus key; attention_bias is [head, query, key].
SCHEME_OUTPUTS: Final[Mapping[str, Mapping[str, tuple[Axis, ...]]]] = {
    name: scheme.outputs for name, scheme in SCHEMES.items()
}

# These hand out rows of a stored table as they are, so their outputs are bit-equal.
LOOKUP_SCHEMES: Final = frozenset(name for name, scheme in SCHEMES.items() if scheme.is_lookup)


def output_axes(metadata: ModelMetadata) -> dict[str, tuple[Axis, ...]]:
    """Return every output's name → axes, in the file's order, sizes filled in: `("batch", "sequence", 64)`."""
    sizes = {
        "d_model": metadata.d_model,
        "n_heads": int(metadata.n_heads),
        "n_kv_heads": int(metadata.n_kv_heads),
        "head_dim": int(metadata.head_dim),
        "stored_width": int(metadata.stored_width),
        "position_width": width_of_positions(metadata),
    }
    named: dict[str, tuple[Axis, ...]] = {
        TOKEN_EMBEDDINGS: ("batch", "sequence", "stored_width"),
        **SCHEME_OUTPUTS[metadata.position_scheme],
        INPUT_EMBEDDINGS: ("batch", "sequence", "d_model"),
    }
    if POSITION_EMBEDDINGS in named:
        named[POSITION_EMBEDDINGS] = ("sequence", "position_width")
    if has_queries(metadata):
        named[QUERIES] = ("batch", "n_heads", "sequence", "head_dim")
        named[KEYS] = ("batch", "n_kv_heads", "sequence", "head_dim")
    return {name: tuple(sizes.get(str(axis), axis) for axis in axes) for name, axes in named.items()}
