"""The text sides of models that also read pictures, like CLIP: rows and places are added, and the block begins."""

from typing import Final

from export.families.family import Family
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import learned, waves
from export.families.make_steps import configured_so, layer_norm, positions, rms_norm, root_of_width, scaled, when

_TABLE: Final = ("embeddings.token_embedding.weight",)
_PLACES: Final = learned("embeddings.position_embedding.weight")
_LAYER: Final = "encoder.layers.0."
_EPSILON: Final = ("layer_norm_eps",)
_ATTENTION: Final = Separate((f"{_LAYER}self_attn.q_proj",), (f"{_LAYER}self_attn.k_proj",))
_ROOTS: Final = ("", "text_model.", "model.text_model.", "clip.text_model.", "owlvit.text_model.", "owlv2.text_model.")
_TIPS: Final = "transformer.resblocks.0."

FAMILIES: Final = (
    Family(
        (
            "clip_text_model",
            "siglip_text_model",
            "siglip2_text_model",
            "metaclip_2_text_model",
            "clipseg_text_model",
            "groupvit_text_model",
            "xclip_text_model",
            "owlvit_text_model",
            "owlv2_text_model",
        ),
        _TABLE,
        steps=(positions(),),
        positions=_PLACES,
        heads=heads(_ATTENTION, before=(layer_norm(f"{_LAYER}layer_norm1", name="block.norm", epsilon=_EPSILON),)),
        prefixes=_ROOTS,
    ),
    Family(
        ("aimv2_text_model",),
        _TABLE,
        steps=(positions(),),
        positions=_PLACES,
        heads=heads(
            Separate((f"{_LAYER}attention.q_proj",), (f"{_LAYER}attention.k_proj",)),
            before=(rms_norm(f"{_LAYER}rms_norm1", name="block.norm", epsilon=("rms_norm_eps",)),),
        ),
        prefixes=_ROOTS,
    ),
    Family(
        ("tipsv2_text_model",),
        ("token_embedding.weight",),
        steps=(
            when(configured_so("scale_sqrt_depth"), scaled(root_of_width, "× √d_model")),
            positions(),
        ),
        positions=waves(is_closed=True),
        heads=heads(
            Fused((f"{_TIPS}attn.in_proj",)),
            before=(layer_norm(f"{_TIPS}ln_1", name="block.norm", epsilon=_EPSILON),),
        ),
        prefixes=("", "text_model.", "text_encoder.", "model.text_model."),
    ),
)
