"""Decoders that write what was said, of Canary and Cohere: rows and waves are added and normalized."""

from typing import Final

from export.families.family import Building, Family
from export.families.make_heads import Separate, heads
from export.families.make_positions import waves
from export.families.make_steps import layer_norm, positions, root_of_width, scaled

_EPSILON: Final = 1e-5  # torch's own, which these families never set
_NORM: Final = layer_norm("embedding_layernorm", name="layer_norm", epsilon=_EPSILON)
_HEADS: Final = heads(
    Separate(("layers.0.self_attn.q_proj",), ("layers.0.self_attn.k_proj",)),
    before=(layer_norm("layers.0.input_layernorm", name="block.norm", epsilon=_EPSILON),),
)
_REMARK: Final = "This is the input of the decoder, which writes the text; the encoder reads sound."
_ROOTS: Final = ("model.decoder.", "decoder.", "")


def _part_of_width(building: Building) -> float:
    return 1.0 / root_of_width(building)


FAMILIES: Final = (
    Family(
        ("canary_decoder",),
        ("embed_tokens.weight",),
        # e + waves / √d = (e · √d + waves) / √d: the waves of the scheme are those before the division.
        steps=(scaled(root_of_width, "× √d_model"), positions(), scaled(_part_of_width, "÷ √d_model"), _NORM),
        positions=waves(),
        heads=_HEADS,
        remark=_REMARK,
        prefixes=_ROOTS,
    ),
    Family(
        ("cohere_asr",),
        ("embed_tokens.weight",),
        steps=(positions(), _NORM),
        positions=waves("pos_emb.weight"),
        heads=_HEADS,
        remark=_REMARK,
        prefixes=_ROOTS,
    ),
)
