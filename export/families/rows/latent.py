"""Decoders with latent attention (DeepSeek-V2): queries and keys are made from compressed vectors."""

from typing import Final

from export.families.checkpoint import Checkpoint
from export.families.family import Family
from export.families.like_llama import ATTENTION, BLOCK, EPSILON, NORM, like_llama
from export.families.make_latent import LATENT_REMARK, latent_heads, latent_rotary
from export.families.make_steps import cast, configured, rms_norm, scaled

_HEADS: Final = latent_heads(ATTENTION, before=(NORM,))
_STREAMS: Final = "Block 1 receives copies of these vectors, one for each stream, and mixes them before attention."
_MIXED: Final = (
    "Block 1 mixes its streams by shares made from all of them: its queries and keys do not follow from one."
)


def _of_longcat(checkpoint: Checkpoint) -> tuple[float, float]:
    """Return by what LongCat multiplies queries and keys: √(width / rank) of the compressed vectors."""
    width = checkpoint.size("hidden_size")
    return (width / checkpoint.size("q_lora_rank")) ** 0.5, (width / checkpoint.size("kv_lora_rank")) ** 0.5


FAMILIES: Final[tuple[Family, ...]] = (
    like_llama(
        "deepseek_v2",
        "deepseek_v32",
        "glm_moe_dsa",
        places=latent_rotary(is_interleaved=True),
        attention=_HEADS,
        remark=LATENT_REMARK,
    ),
    like_llama(
        "deepseek_v3",
        "axk1",
        "glm4_moe_lite",
        "sarvam_mla",
        places=latent_rotary(),
        attention=_HEADS,
        remark=LATENT_REMARK,
    ),
    like_llama(
        "mistral4",
        places=latent_rotary(),
        attention=_HEADS,
        remark=f"{LATENT_REMARK} Past the trained length, queries also grow with their place.",
    ),
    like_llama(
        "youtu",
        places=latent_rotary(),
        attention=_HEADS,
        remark=f"{LATENT_REMARK} transformers sets the padding token's row to 0 on loading; here it is the stored one.",
    ),
    like_llama(
        "minicpm3",
        steps=(scaled(cast(configured("scale_emb"))),),
        places=latent_rotary(is_interleaved=False),
        attention=_HEADS,
        remark=LATENT_REMARK,
    ),
    like_llama(
        "longcat_flash",
        places=latent_rotary(is_interleaved=True),
        attention=latent_heads(
            f"{ATTENTION}0.",
            before=(rms_norm(f"{BLOCK}input_layernorm.0", name="block.norm", epsilon=EPSILON),),
            factors=_of_longcat,
        ),
        remark=LATENT_REMARK,
    ),
    like_llama(
        "axk2",
        places=latent_rotary(is_interleaved=True),
        attention=None,
        why_no_heads="Block 1 gates its input by itself: no chain of norms and projections gives its queries.",
    ),
    like_llama(
        "mistral_large4_text",
        places=latent_rotary(),
        attention=None,
        why_no_heads="Block 1 multiplies its queries by a number that grows with the place: none are free of it.",
    ),
    like_llama(
        "deepseek_v4",
        table=("embed_tokens.weight", "embed.weight"),
        places=None,
        attention=None,
        why_no_heads=_MIXED,
        remark=_STREAMS,
    ),
    like_llama("hy_v4", places=None, attention=None, why_no_heads=_MIXED, remark=_STREAMS),
)
