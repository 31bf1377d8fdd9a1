"""Decoders that multiply the looked-up rows by a number, rounded to the table's type (Gemma) or not (Granite)."""

from typing import Final

from export.families.family import Family
from export.families.like_llama import (
    EPSILON,
    NORM,
    NORM_PLUS_ONE,
    SEPARATE,
    like_llama,
    normed_heads,
)
from export.families.make_heads import Fused, heads
from export.families.make_positions import in_layers, rotary, where_turning
from export.families.make_special_steps import added, replaced_row
from export.families.make_steps import (
    bfloat_root_of_width,
    cast,
    configured,
    rms_norm,
    root_of_width,
    root_where,
    scaled,
)

_MULTIPLIER: Final = scaled(configured("embedding_multiplier"))
_ROOT: Final = scaled(cast(root_of_width), "× √d_model")
_PLUS_ONE: Final = normed_heads(before=(NORM_PLUS_ONE,), adds_one=True)
_PER_LAYER: Final = (
    "Each block also receives per-layer rows, made from a second table and a projection: they are not in the file."
)
_ENCODER: Final = "layers.0."
_ENCODER_NORM: Final = rms_norm(f"{_ENCODER}pre_self_attn_layernorm", name="block.norm", epsilon=EPSILON, adds_one=True)
_IN_ENCODER: Final = ("model.encoder.", "encoder.", "model.encoder.text_model.")

FAMILIES: Final[tuple[Family, ...]] = (
    like_llama(
        "granite",
        "granitemoe",
        "granitemoeshared",
        "hyperclovax",
        "granite_docling_text",
        "granite4_vision_text",
        steps=(_MULTIPLIER,),
    ),
    like_llama("granite_swa", "granitemoe_swa", steps=(_MULTIPLIER,), places=where_turning(rotary())),
    like_llama(
        "granitemoehybrid",
        steps=(_MULTIPLIER,),
        places=None,
        attention=None,
        why_no_heads="Block 1 is a state-space layer: it has no queries and keys.",
    ),
    like_llama(
        "falcon_h1",
        steps=(_MULTIPLIER,),
        attention=heads(
            SEPARATE,
            before=(NORM, scaled(configured("attention_in_multiplier"))),
            after_keys=(scaled(configured("key_multiplier")),),
        ),
    ),
    like_llama(
        "afmoe",
        steps=(scaled(root_where("mup_enabled"), "× √d_model"),),
        places=in_layers("sliding_attention", rotary()),
        attention=normed_heads(),
    ),
    like_llama("gemma", "gemma2", "vaultgemma", steps=(_ROOT,), attention=heads(SEPARATE, before=(NORM_PLUS_ONE,))),
    like_llama("gemma3_text", steps=(_ROOT,), attention=_PLUS_ONE),
    like_llama(
        "gemma3n_text",
        steps=(_ROOT,),
        attention=None,
        why_no_heads=(
            "Block 1 predicts its input from all 4 streams before attention, so its queries and keys do not follow "
            "from one stream."
        ),
        remark=(
            "This is the first of 4 streams; AltUp makes the other 3 by projections, rescaled to its length. "
            + _PER_LAYER
        ),
    ),
    like_llama("gemma4_text", steps=(_ROOT,), attention=normed_heads(), remark=_PER_LAYER),
    like_llama(
        "gemma4_unified_text",
        "diffusion_gemma_text",
        steps=(_ROOT,),
        attention=normed_heads(),
        prefixes=("decoder.", "model.decoder."),
    ),
    like_llama(
        "embedding_gemma2_text",
        steps=(_ROOT,),
        attention=normed_heads(),
        remark="Each block also receives a projection of these vectors, which is not in the file.",
    ),
    like_llama(
        "t5gemma",
        "t5_gemma_module",
        steps=(_ROOT,),
        attention=heads(SEPARATE, before=(_ENCODER_NORM,)),
        prefixes=_IN_ENCODER,
        is_causal=False,
        remark="This is the input of the encoder; the decoder has a table of its own.",
    ),
    like_llama(
        "t5gemma2",
        "t5gemma2_encoder",
        "t5gemma2_text",
        steps=(
            _ROOT,
            replaced_row("embed_tokens.eoi_embedding", "eoi_token_index", "end of a picture", name="end_of_image"),
        ),
        attention=normed_heads(before=(_ENCODER_NORM,), adds_one=True),
        prefixes=_IN_ENCODER,
        is_causal=False,
        remark="This is the input of the encoder; pictures enter beside it.",
    ),
    like_llama(
        "recurrent_gemma",
        steps=(scaled(bfloat_root_of_width, "× √d_model"),),
        places=None,
        attention=None,
        why_no_heads="Block 1 is a recurrent layer: it has no queries and keys.",
    ),
    like_llama(
        "hrm_text",
        steps=(
            scaled(configured("embedding_scale")),
            added(lambda checkpoint: checkpoint.read("z_L_init"), "the low module's first state", name="first_state"),
        ),
        attention=heads(
            Fused(("L_module.layers.0.attn.gqkv_proj",), order="gated"),
            before=(rms_norm(name="block.norm", epsilon=EPSILON),),
        ),
        remark="Block 1 is the first of the low module, in its first cycle.",
    ),
)
