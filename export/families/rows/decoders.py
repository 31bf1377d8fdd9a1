"""Decoders whose lookup enters block 1 as it is, with an RMS norm before attention and rotary positions."""

from typing import Final

from export.families.family import Family
from export.families.like_llama import ATTENTION, BLOCK, EPSILON, NORM_PLUS_ONE, like_llama, normed_heads
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import rotary
from export.families.make_steps import rms_norm

_INTERLEAVED: Final = rotary(layout="interleaved")
_APERTUS_NORM: Final = rms_norm(f"{BLOCK}attention_layernorm", name="block.norm", epsilon=EPSILON)
_THIRDS: Final = Fused((f"{ATTENTION}qkv_proj",))

FAMILIES: Final[tuple[Family, ...]] = (
    like_llama(
        "llama",
        "mistral",
        "mixtral",
        "ministral",
        "ministral3",
        "qwen2",
        "qwen2_moe",
        "qwen2_vl_text",
        "qwen2_5_vl_text",
        "arcee",
        "aria_text",
        "bitnet",
        "cwm",
        "diffllama",
        "eurobert",
        "glm4_moe",
        "gpt_oss",
        "internlm3",
        "iquestcoder",
        "mimo_v2_flash",
        "seed_oss",
        "smollm3",
        "solar_open",
        "minimax",
        "ultrabert",
        prefixes=("ultrabert.",),
    ),
    like_llama("ernie4_5", "ernie4_5_moe", "glm", "glm4", "glm4v_text", "helium", places=_INTERLEAVED),
    like_llama(
        "qwen3",
        "qwen3_moe",
        "qwen3_vl_text",
        "qwen3_vl_moe_text",
        "beam",
        "doge",
        "dots1",
        "exaone_moe",
        "flint",
        "hy_v3",
        "kolibri1",
        "laguna",
        "mellum",
        attention=normed_heads(),
    ),
    like_llama("minimax_m3_vl_text", attention=normed_heads(before=(NORM_PLUS_ONE,), adds_one=True)),
    like_llama("olmoe", "minimax_m2", attention=normed_heads(is_whole=True)),
    # No norm before attention: OLMo normalizes queries and keys instead.
    like_llama("olmo2", "olmo3", "flex_olmo", attention=normed_heads(before=(), is_whole=True)),
    like_llama("exaone4", attention=normed_heads(before=())),
    like_llama("apertus", "apertus1p5_text", attention=normed_heads(before=(_APERTUS_NORM,))),
    like_llama(
        "phi3",
        attention=heads(_THIRDS, before=(rms_norm(f"{BLOCK}input_layernorm", name="block.norm", epsilon=EPSILON),)),
    ),
    like_llama(
        "moshi",
        attention=heads(
            Separate((f"{ATTENTION}q_proj.linear",), (f"{ATTENTION}k_proj.linear",)),
            before=(rms_norm(f"{BLOCK}input_layernorm", name="block.norm", epsilon=EPSILON),),
        ),
    ),
)
