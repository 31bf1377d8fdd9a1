"""What GGUF architectures are called at Hugging Face: model types, names of tensors, and what a converter changed.

The names are gguf-py's own table read the other way, and each change is one that llama.cpp's converters make. Only what
leads to the queries and keys of a block is listed: other tensors keep GGUF's names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from embedcore.values import ByContent

Change = Literal["pairs", "plus one", "transposed", "heads", "groups"]


@dataclass(frozen=True, slots=True, eq=False)
class Names(ByContent):
    """Stems of tensors, GGUF's → Hugging Face's; ".weight" and ".bias" follow in both. `block` names those of a block.

    In a block's names {} is its number; GGUF has blk.{}. or enc.blk.{}. before them.
    """

    outer: Mapping[str, str]
    block: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Architecture(ByContent):
    """One GGUF architecture: its model type, its names, and by stem what a converter did to a tensor.

    "pairs": rows of each head were put so that those of a pair are neighbors; "plus one": 1 was added; "transposed":
    [in, out] was turned into [out, in]; "heads", "groups": a fused projection was cut out of its heads or groups and
    stored as all queries, all keys, all values.
    """

    model_type: str
    names: Names
    changes: Mapping[str, Change] = field(default_factory=dict)


_LLAMA: Final = Names(
    {
        "token_embd": "model.embed_tokens",
        "output_norm": "model.norm",
        "output": "lm_head",
        "per_layer_token_embd": "model.embed_tokens_per_layer",
        "per_layer_model_proj": "model.per_layer_model_projection",
        "per_layer_proj_norm": "model.per_layer_projection_norm",
    },
    {
        "attn_norm": "model.layers.{}.input_layernorm",
        "attn_q": "model.layers.{}.self_attn.q_proj",
        "attn_k": "model.layers.{}.self_attn.k_proj",
        "attn_v": "model.layers.{}.self_attn.v_proj",
        "attn_qkv": "model.layers.{}.self_attn.qkv_proj",
        "attn_q_norm": "model.layers.{}.self_attn.q_norm",
        "attn_k_norm": "model.layers.{}.self_attn.k_norm",
        "attn_q_a": "model.layers.{}.self_attn.q_a_proj",
        "attn_q_a_norm": "model.layers.{}.self_attn.q_a_layernorm",
        "attn_q_b": "model.layers.{}.self_attn.q_b_proj",
        "attn_kv_a_mqa": "model.layers.{}.self_attn.kv_a_proj_with_mqa",
        "attn_kv_a_norm": "model.layers.{}.self_attn.kv_a_layernorm",
        "attn_kv_b": "model.layers.{}.self_attn.kv_b_proj",
    },
)
_GPT2: Final = Names(
    {"token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output": "lm_head"},
    {"attn_norm": "transformer.h.{}.ln_1", "attn_qkv": "transformer.h.{}.attn.c_attn"},
)
_NEOX: Final = Names(
    {"token_embd": "gpt_neox.embed_in", "output": "embed_out"},
    {
        "attn_norm": "gpt_neox.layers.{}.input_layernorm",
        "attn_qkv": "gpt_neox.layers.{}.attention.query_key_value",
    },
)
_BLOOM: Final = Names(
    {
        "token_embd": "transformer.word_embeddings",
        "token_embd_norm": "transformer.word_embeddings_layernorm",
        "output": "lm_head",
    },
    {
        "attn_norm": "transformer.h.{}.input_layernorm",
        "attn_qkv": "transformer.h.{}.self_attention.query_key_value",
    },
)
_MPT: Final = Names(
    {"token_embd": "transformer.wte", "output": "lm_head"},
    {"attn_norm": "transformer.blocks.{}.norm_1", "attn_qkv": "transformer.blocks.{}.attn.Wqkv"},
)
_BERT: Final = Names(
    {
        "token_embd": "embeddings.word_embeddings",
        "position_embd": "embeddings.position_embeddings",
        "token_types": "embeddings.token_type_embeddings",
        "token_embd_norm": "embeddings.LayerNorm",
    },
    {
        "attn_q": "encoder.layer.{}.attention.self.query",
        "attn_k": "encoder.layer.{}.attention.self.key",
        "attn_v": "encoder.layer.{}.attention.self.value",
    },
)
_MODERN_BERT: Final = Names(
    {"token_embd": "model.embeddings.tok_embeddings", "token_embd_norm": "model.embeddings.norm"},
    {"attn_norm": "model.layers.{}.attn_norm", "attn_qkv": "model.layers.{}.attn.Wqkv"},
)
_T5: Final = Names(
    {"token_embd": "shared"},
    {
        "attn_norm": "encoder.block.{}.layer.0.layer_norm",
        "attn_q": "encoder.block.{}.layer.0.SelfAttention.q",
        "attn_k": "encoder.block.{}.layer.0.SelfAttention.k",
        "attn_v": "encoder.block.{}.layer.0.SelfAttention.v",
        "attn_rel_b": "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias",
    },
)
_MAMBA: Final = Names({"token_embd": "backbone.embeddings"}, {"attn_norm": "backbone.layers.{}.norm"})

_PAIRS: Final[Mapping[str, Change]] = {"attn_q": "pairs", "attn_k": "pairs"}
_NORM_PLUS_ONE: Final[Mapping[str, Change]] = {"attn_norm": "plus one", "output_norm": "plus one"}
_NORMS_PLUS_ONE: Final[Mapping[str, Change]] = {
    **_NORM_PLUS_ONE,
    "attn_q_norm": "plus one",
    "attn_k_norm": "plus one",
}


def _llama(model_type: str, changes: Mapping[str, Change] | None = None) -> Architecture:
    return Architecture(model_type, _LLAMA, changes or {})


ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    "llama": _llama("llama", _PAIRS),
    "mistral3": _llama("mistral", _PAIRS),
    "smollm3": _llama("smollm3", _PAIRS),
    "arcee": _llama("arcee", _PAIRS),
    "granite": _llama("granite", _PAIRS),
    "granitemoe": _llama("granitemoe", _PAIRS),
    "olmo": _llama("olmo", _PAIRS),
    "llama4": _llama("llama4_text"),
    "qwen2": _llama("qwen2"),
    "qwen2moe": _llama("qwen2_moe"),
    "qwen2vl": _llama("qwen2"),
    "qwen3": _llama("qwen3"),
    "qwen3moe": _llama("qwen3_moe"),
    "qwen3vl": _llama("qwen3_vl_text"),
    "gemma": _llama("gemma", _NORM_PLUS_ONE),
    "gemma2": _llama("gemma2", _NORM_PLUS_ONE),
    "gemma3": _llama("gemma3_text", _NORMS_PLUS_ONE),
    "gemma-embedding": _llama("gemma3_text", _NORMS_PLUS_ONE),
    "gemma3n": _llama("gemma3n_text"),
    "gemma4": _llama("gemma4_text"),
    "phi2": _llama("phi"),
    "phi3": _llama("phi3"),
    "phimoe": _llama("phimoe"),
    "stablelm": _llama("stablelm"),
    "starcoder2": _llama("starcoder2"),
    "olmo2": _llama("olmo2"),
    "olmoe": _llama("olmoe"),
    "command-r": _llama("cohere"),
    "cohere2": _llama("cohere2"),
    "nemotron": _llama("nemotron", _NORM_PLUS_ONE),
    "exaone4": _llama("exaone4"),
    "glm4": _llama("glm4"),
    "glm4moe": _llama("glm4_moe"),
    "deepseek2": _llama("deepseek_v3"),
    "gpt-oss": _llama("gpt_oss"),
    "apertus": _llama("apertus"),
    "seed_oss": _llama("seed_oss"),
    "ernie4_5": _llama("ernie4_5"),
    "ernie4_5-moe": _llama("ernie4_5_moe"),
    "hunyuan-dense": _llama("hunyuan_v1_dense"),
    "hunyuan-moe": _llama("hunyuan_v1_moe"),
    "dots1": _llama("dots1"),
    "lfm2": _llama("lfm2"),
    "jamba": _llama("jamba"),
    "gpt2": Architecture("gpt2", _GPT2, {"attn_qkv": "transposed"}),
    "starcoder": Architecture("gpt_bigcode", _GPT2),
    "gptneox": Architecture("gpt_neox", _NEOX, {"attn_qkv": "heads"}),
    "bloom": Architecture("bloom", _BLOOM, {"attn_qkv": "heads"}),
    "falcon": Architecture("falcon", _BLOOM, {"attn_qkv": "groups"}),
    "mpt": Architecture("mpt", _MPT),
    "bert": Architecture("bert", _BERT),
    "modern-bert": Architecture("modernbert", _MODERN_BERT),
    "t5": Architecture("t5", _T5),
    "t5encoder": Architecture("t5", _T5),
    "mamba": Architecture("mamba", _MAMBA),
    "mamba2": Architecture("mamba2", _MAMBA),
}
