"""Encoders like BERT: rows, types and positions are added and normalized."""

from typing import Final

from export.families.family import Family
from export.families.make_heads import Separate, heads
from export.families.make_positions import learned
from export.families.make_steps import added_row, layer_norm, positions

_ATTENTION: Final = "encoder.layer.0.attention.self."

FAMILIES: Final = (
    Family(
        ("bert",),
        ("embeddings.word_embeddings.weight",),
        steps=(
            added_row("embeddings.token_type_embeddings.weight", 0, "token type", name="token_type"),
            positions(),
            layer_norm("embeddings.LayerNorm", name="layer_norm", epsilon=("layer_norm_eps",)),
        ),
        positions=learned("embeddings.position_embeddings.weight"),
        heads=heads(Separate((f"{_ATTENTION}query",), (f"{_ATTENTION}key",))),
        prefixes=("", "bert."),
    ),
)
