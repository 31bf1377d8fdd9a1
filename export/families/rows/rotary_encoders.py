"""Encoders whose positions turn queries and keys: types and norm at the input, places in every block."""

from typing import Final

from export.families.checkpoint import Checkpoint
from export.families.family import Building, Family, Positions
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import rotary
from export.families.make_special_steps import mask_share, zeroed
from export.families.make_steps import configured_so, layer_norm, when
from export.families.rows.encoders import ATTENTION, EPSILON, INSIDE, TYPE, WORDS, like_bert
from export.families.rows.roberta import COUNTED, COUNTED_PLACES

_EMBEDDING_NORM: Final = layer_norm("embeddings.LayerNorm", "emb_ln", name="layer_norm", epsilon=EPSILON)
_FUSED: Final = Fused(
    ("encoder.layer.0.attention.qkv_proj", "encoder.layers.0.mixer.Wqkv", "encoder.layers.0.attn.Wqkv")
)
_ROOTS: Final = (*INSIDE, "gte.", "new.", "nomic_bert.", "model.")
_KEPT: Final = 0.88  # of the tokens that ESM saw unmasked in training: 1 − 0.15 · 0.8


def _esm_positions(building: Building) -> Positions:
    kind = building.checkpoint.get("position_embedding_type", default="absolute")
    if kind == "absolute":
        return COUNTED_PLACES(building)
    return rotary()(building) if kind == "rotary" else Positions()


def _mask(building: Building) -> int | None:
    checkpoint: Checkpoint = building.checkpoint
    return checkpoint.get("mask_token_id") if checkpoint.get("token_dropout", default=False) else None


def _padding(building: Building) -> int | None:
    return building.checkpoint.get("pad_token_id")


FAMILIES: Final = (
    Family(
        ("gte", "nomic_bert", "jina_embeddings_v3"),
        WORDS,
        steps=(TYPE, _EMBEDDING_NORM),
        positions=rotary(),
        heads=heads(_FUSED),
        prefixes=_ROOTS,
    ),
    Family(
        ("modernbert",),
        ("embeddings.tok_embeddings.weight",),
        steps=(layer_norm("embeddings.norm", name="layer_norm", epsilon=("norm_eps",)),),
        positions=rotary(),
        heads=heads(Fused(("layers.0.attn.Wqkv",))),
        prefixes=("", "model."),
    ),
    Family(
        ("esm",),
        WORDS,
        steps=(
            zeroed(_mask, "zeros for the mask", name="mask.row", width=("hidden_size",)),
            mask_share(_mask, kept=_KEPT),
            COUNTED,
            when(
                configured_so("emb_layer_norm_before"),
                layer_norm("embeddings.layer_norm", name="layer_norm", epsilon=EPSILON),
            ),
        ),
        positions=_esm_positions,
        heads=heads(
            ATTENTION, before=(layer_norm("encoder.layer.0.attention.LayerNorm", name="block.norm", epsilon=EPSILON),)
        ),
        prefixes=INSIDE,
    ),
    like_bert(
        ("funnel",),
        steps=(
            zeroed(_padding, "zeros for padding", name="padding.row", width=("hidden_size",)),
            layer_norm("embeddings.layer_norm", name="layer_norm", epsilon=EPSILON),
        ),
        places=None,
        attention=heads(Separate(("encoder.blocks.0.0.attention.q_head",), ("encoder.blocks.0.0.attention.k_head",))),
        remark="Attention compares distances by waves, with vectors that the file does not hold.",
    ),
)
