"""What a model's file gives, by its scheme: the contract's outputs with their axes, and which of them are lookups."""

from collections.abc import Mapping
from typing import Final

from embedcore.contract import INPUT_EMBEDDINGS, TOKEN_EMBEDDINGS, Axis, ModelMetadata
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
    sizes = {"d_model": metadata.d_model, "n_heads": metadata.n_heads, "head_dim": int(metadata.head_dim)}
    named: dict[str, tuple[Axis, ...]] = {
        TOKEN_EMBEDDINGS: ("batch", "sequence", "d_model"),
        **SCHEME_OUTPUTS[metadata.position_scheme],
        INPUT_EMBEDDINGS: ("batch", "sequence", "d_model"),
    }
    return {name: tuple(sizes.get(str(axis), axis) for axis in axes) for name, axes in named.items()}
