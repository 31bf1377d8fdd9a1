"""Encoders of their own kind: XLM and FlauBERT, XLNet, Reformer."""

from typing import Final

import numpy as np

from export.families.family import Building, Family, HeadMaker, Heads, Positions
from export.families.make_heads import Separate, heads
from export.families.make_positions import learned, waves
from export.families.make_special_steps import past_text
from export.families.make_steps import layer_norm, padding_id, positions

_EPSILON: Final = ("layer_norm_eps",)
_XLM: Final = Separate(("attentions.0.q_lin",), ("attentions.0.k_lin",))
_XLM_NORM: Final = layer_norm("layer_norm1.0", name="block.norm", epsilon=_EPSILON)
_REFORMER: Final = "encoder.layers.0.attention."


def _xlm_heads(building: Building) -> Heads | None:
    """Return the queries and keys of XLM, which FlauBERT may make after a norm (`pre_norm`)."""
    is_norm_first = building.checkpoint.get("pre_norm", default=False)
    return heads(_XLM, before=(_XLM_NORM,) if is_norm_first else ())(building)


def _xlm_places(building: Building) -> Positions:
    table = "position_embeddings.weight"
    is_computed = building.checkpoint.get("sinusoidal_embeddings", default=False)
    return (waves(table, layout="interleaved") if is_computed else learned(table))(building)


def _axial(building: Building) -> Positions:
    """Return Reformer's places: those of a grid, where a row's vector and a column's stand side by side."""
    checkpoint = building.checkpoint
    if not checkpoint.get("axial_pos_embds", default=True):
        return learned("embeddings.position_embeddings.embedding.weight")(building)
    rows, columns = (checkpoint.read(f"embeddings.position_embeddings.weights.{axis}") for axis in range(2))
    n_rows, n_columns = rows.shape[0], columns.shape[1]
    joined = np.concatenate(
        (
            np.broadcast_to(rows, (n_rows, n_columns, rows.shape[2])),
            np.broadcast_to(columns, (n_rows, n_columns, columns.shape[2])),
        ),
        axis=2,
    )
    table = np.ascontiguousarray(joined.reshape(n_rows * n_columns, -1))
    return Positions("learned", table=table, context_length=len(table))


def _reformer_sizes(building: Building) -> Heads:
    checkpoint = building.checkpoint
    n_heads = checkpoint.size("num_attention_heads")
    return Heads(n_heads, n_heads, checkpoint.size("attention_head_size"))


_REFORMER_HEADS: Final[HeadMaker] = heads(
    Separate(
        (f"{_REFORMER}self_attention.query", f"{_REFORMER}self_attention.query_key"),
        (f"{_REFORMER}self_attention.key", f"{_REFORMER}self_attention.query_key"),
    ),
    before=(layer_norm(f"{_REFORMER}layer_norm", name="block.norm", epsilon=_EPSILON),),
    sizes_of=_reformer_sizes,
)

FAMILIES: Final = (
    Family(
        ("xlm", "flaubert"),
        ("embeddings.weight",),
        steps=(
            positions(),
            layer_norm("layer_norm_emb", name="layer_norm", epsilon=_EPSILON),
            past_text(padding_id),
        ),
        positions=_xlm_places,
        heads=_xlm_heads,
        remark="No language is chosen, so no language's vector is added.",
        prefixes=("transformer.", ""),
    ),
    Family(
        ("xlnet",),
        ("word_embedding.weight",),
        heads=heads(Separate(("layer.0.rel_attn.q",), ("layer.0.rel_attn.k",), is_input_first=True)),
        remark="Attention compares distances by waves, as Transformer-XL does, which the file does not hold.",
        prefixes=("transformer.", ""),
    ),
    Family(
        ("reformer",),
        ("embeddings.word_embeddings.weight",),
        steps=(positions(),),
        positions=_axial,
        heads=_REFORMER_HEADS,
        remark="Two equal streams enter block 1. Places are those of a grid: a row's vector beside a column's.",
        prefixes=("reformer.", ""),
    ),
)
