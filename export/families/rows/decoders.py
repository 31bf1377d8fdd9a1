"""Decoders whose lookup enters block 1 as it is, with an RMS norm before attention and rotary positions."""

from typing import Final

from export.families.family import Family
from export.families.like_llama import ATTENTION, BLOCK, EPSILON, NORM_PLUS_ONE, SEPARATE, like_llama, normed_heads
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import rotary, where_turning
from export.families.make_special_steps import one_over_root, one_over_root_of_head, unit_head_norm, unit_norm
from export.families.make_steps import rms_norm, scaled

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
        "glm4_moe",
        "gpt_oss",
        "internlm3",
        "iquestcoder",
        "mimo_v2_flash",
        "seed_oss",
        "solar_open",
        "minimax",
        "mllama_text_model",
    ),
    like_llama("ernie4_5", "ernie4_5_moe", "glm", "glm4", "glm4v_text", "helium", places=_INTERLEAVED),
    like_llama("eurobert", "ultrabert", prefixes=("ultrabert.",), is_causal=False),
    like_llama(
        "idefics",
        more_rows="embed_tokens.additional_embedding.weight",
        remark="Block 1 receives these vectors after gated attention to the pictures, which is not in the file.",
    ),
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
    # Norms of queries and keys act after the rotation in these: they are not in the file.
    like_llama("hunyuan_v1_dense", "hunyuan_v1_moe"),
    like_llama("llama4_text", places=where_turning(_INTERLEAVED)),
    like_llama("smollm3", places=where_turning(rotary())),
    like_llama(
        "exaone",
        table=("wte.weight",),
        attention=heads(
            Separate(("h.0.attn.attention.q_proj",), ("h.0.attn.attention.k_proj",)),
            before=(rms_norm("h.0.ln_1", name="block.norm", epsilon=EPSILON),),
        ),
    ),
    like_llama(
        "sarvam_moe",
        table=("word_embeddings.weight",),
        attention=normed_heads(
            projections=Fused((f"{BLOCK}attention.query_key_value",)),
            attention=f"{BLOCK}attention.",
            names=("query_layernorm", "key_layernorm"),
            is_optional=True,
        ),
    ),
    like_llama(
        "molmo2_text",
        table=("wte.embedding",),
        more_rows="wte.new_embedding",
        attention=normed_heads(
            before=(rms_norm(f"{BLOCK}attn_norm", name="block.norm", epsilon=EPSILON),),
            projections=Fused((f"{ATTENTION}att_proj",)),
        ),
    ),
    like_llama(
        "dory",
        table=("embeddings.weight",),
        attention=heads(
            SEPARATE,
            before=(unit_norm, scaled(one_over_root)),
            after_queries=(unit_head_norm("queries"), scaled(one_over_root_of_head)),
            after_keys=(unit_head_norm("keys"), scaled(one_over_root_of_head)),
        ),
    ),
    like_llama(
        "jetmoe",
        attention=None,
        why_no_heads="A router chooses by which experts block 1 makes a token's queries: they are no fixed projection.",
    ),
    like_llama(
        "moshi",
        attention=heads(
            Separate((f"{ATTENTION}q_proj.linear",), (f"{ATTENTION}k_proj.linear",)),
            before=(rms_norm(f"{BLOCK}input_layernorm", name="block.norm", epsilon=EPSILON),),
        ),
    ),
)
