"""Decoders with a layer norm before attention, or none, and rotary positions or ALiBi."""

from dataclasses import replace
from typing import Final

from export.families.family import Building, Family, HeadMaker, Heads
from export.families.like_llama import ATTENTION, BLOCK, SEPARATE, block_layer_norm, like_llama, normed_heads
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import alibi, alibi_or, in_layers, rotary
from export.families.make_steps import layer_norm, limited

_NORM: Final = f"{BLOCK}input_layernorm"
_EPSILON: Final = ("layer_norm_eps",)
_INTERLEAVED: Final = rotary(layout="interleaved")
_COHERE: Final = normed_heads(
    before=(block_layer_norm(_NORM, *_EPSILON),), kind="layer_norm", epsilon=_EPSILON, is_optional=True
)
_GPT: Final = "h.0."
_LAYER_NORM_EPSILON: Final = ("layer_norm_epsilon",)
_FUSED: Final = Fused((f"{BLOCK}attention.query_key_value",), order="groups")


def _of_key_groups(building: Building) -> Heads:
    """Return Falcon's sizes: key heads of their own number only where the architecture is the new one."""
    sizes = building.head_sizes()
    get = building.checkpoint.get
    if get("new_decoder_architecture", default=False):
        return replace(sizes, n_kv_heads=int(get("num_kv_heads", "n_head_kv", default=sizes.n_heads)))
    return replace(sizes, n_kv_heads=1 if get("multi_query", default=True) else sizes.n_heads)


def _of_attention(building: Building) -> Heads:
    """Return DBRX's and MPT's sizes: what concerns attention lies in an object of its own."""
    sizes = building.head_sizes()
    own = building.checkpoint.get("attn_config", default={})
    return replace(sizes, n_kv_heads=int(own.get("kv_n_heads") or sizes.n_heads))


def _head_norms(projections: Separate | Fused = SEPARATE) -> HeadMaker:
    """Return the maker of queries and keys behind a layer norm; each head is normed where the checkpoint has norms."""
    return normed_heads(
        before=(block_layer_norm(_NORM, *_EPSILON),),
        projections=projections,
        names=("q_layernorm", "k_layernorm"),
        kind="layer_norm",
        epsilon=_EPSILON,
        is_optional=True,
    )


FAMILIES: Final[tuple[Family, ...]] = (
    like_llama("cohere", places=_INTERLEAVED, attention=_COHERE),
    like_llama("cohere2", "cohere2_moe", places=in_layers("sliding_attention", _INTERLEAVED), attention=_COHERE),
    like_llama("jais2", attention=heads(SEPARATE, before=(block_layer_norm(_NORM, *_EPSILON),))),
    like_llama("phimoe", attention=heads(SEPARATE, before=(block_layer_norm(_NORM, "rms_norm_eps"),))),
    like_llama("starcoder2", attention=heads(SEPARATE, before=(block_layer_norm(_NORM, "norm_epsilon"),))),
    like_llama(
        "nemotron",
        attention=heads(SEPARATE, before=(layer_norm(_NORM, name="block.norm", epsilon=("norm_eps",), adds_one=True),)),
    ),
    like_llama("stablelm", "phi", attention=_head_norms()),
    like_llama("persimmon", attention=_head_norms(Fused((f"{ATTENTION}query_key_value",), order="heads"))),
    like_llama(
        "olmo",
        attention=heads(
            SEPARATE,
            before=(layer_norm(name="block.norm", epsilon=1e-5),),
            after_queries=(limited("clip_qkv"),),
            after_keys=(limited("clip_qkv"),),
        ),
    ),
    like_llama(
        "esmc",
        attention=normed_heads(
            before=(layer_norm(_NORM, name="block.norm", epsilon=1e-5),), kind="layer_norm", epsilon=1e-5, is_whole=True
        ),
        prefixes=("esmc.",),
        is_causal=False,
    ),
    Family(
        ("gpt_neox", "gpt_neox_japanese"),
        ("embed_in.weight",),
        positions=rotary(share=("rotary_pct",)),
        heads=heads(_FUSED, before=(block_layer_norm(_NORM, *_EPSILON),)),
        prefixes=("gpt_neox.", "gpt_neox_japanese."),
    ),
    Family(
        ("gptj",),
        ("wte.weight",),
        positions=rotary(layout="interleaved", width=lambda checkpoint: checkpoint.size("rotary_dim")),
        heads=heads(
            Separate((f"{_GPT}attn.q_proj",), (f"{_GPT}attn.k_proj",)),
            before=(block_layer_norm(f"{_GPT}ln_1", *_LAYER_NORM_EPSILON),),
        ),
    ),
    Family(
        ("codegen",),
        ("wte.weight",),
        positions=rotary(layout="interleaved", width=lambda checkpoint: checkpoint.size("rotary_dim")),
        heads=heads(
            Fused((f"{_GPT}attn.qkv_proj",), order="quarters"),
            before=(block_layer_norm(f"{_GPT}ln_1", *_LAYER_NORM_EPSILON),),
        ),
    ),
    Family(
        ("bloom",),
        ("word_embeddings.weight",),
        steps=(layer_norm("word_embeddings_layernorm", name="norm", epsilon=_LAYER_NORM_EPSILON),),
        positions=alibi("num_attention_heads"),
        heads=heads(
            Fused((f"{_GPT}self_attention.query_key_value",), order="heads"),
            before=(block_layer_norm(f"{_GPT}input_layernorm", *_LAYER_NORM_EPSILON),),
        ),
    ),
    Family(
        ("falcon",),
        ("word_embeddings.weight",),
        positions=alibi_or(rotary()),
        heads=heads(
            Fused((f"{_GPT}self_attention.query_key_value",), order="groups"),
            before=(
                layer_norm(f"{_GPT}ln_attn", f"{_GPT}input_layernorm", name="block.norm", epsilon=_LAYER_NORM_EPSILON),
            ),
            sizes_of=_of_key_groups,
        ),
    ),
    Family(
        ("mpt",),
        ("wte.weight",),
        positions=alibi("num_attention_heads", bias_max=("attn_config.alibi_bias_max",)),
        heads=heads(
            Fused(("blocks.0.attn.Wqkv",)),
            before=(block_layer_norm("blocks.0.norm_1", *_LAYER_NORM_EPSILON),),
            after_queries=(limited("attn_config.clip_qkv"),),
            after_keys=(limited("attn_config.clip_qkv"),),
            sizes_of=_of_attention,
        ),
    ),
    Family(
        ("dbrx",),
        ("wte.weight",),
        positions=rotary(),
        heads=heads(
            Fused(("blocks.0.norm_attn_norm.attn.Wqkv",)),
            before=(layer_norm("blocks.0.norm_attn_norm.norm_1", name="block.norm", epsilon=1e-5),),
            after_queries=(limited("attn_config.clip_qkv"),),
            after_keys=(limited("attn_config.clip_qkv"),),
            sizes_of=_of_attention,
        ),
    ),
)
