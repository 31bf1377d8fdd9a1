"""Tiny configurations: every size that a model type's configuration has is made as small as the type allows."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from transformers import CONFIG_MAPPING, PreTrainedConfig

N_VOCAB: Final = 48
HIDDEN: Final = 32
N_HEADS: Final = 4
N_KV_HEADS: Final = 2
HEAD_DIM: Final = 12  # not 32 / 4, where a type has a say in it
N_POSITIONS: Final = 20
EPS: Final = 3e-4  # large and odd: a norm that takes another one is seen

_SIZES: Final[dict[str, Any]] = {
    **dict.fromkeys(("vocab_size", "n_vocab", "src_vocab_size", "tgt_vocab_size", "encoder_vocab_size"), N_VOCAB),
    **dict.fromkeys(("vocab_size_per_layer_input", "decoder_vocab_size", "entity_vocab_size"), N_VOCAB),
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embed_dim", "embedding_size"), HIDDEN),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_decoder_layers", "num_encoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), N_HEADS),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads", "attention_heads"), N_HEADS),
    **dict.fromkeys(("num_encoder_attention_heads", "num_decoder_attention_heads"), N_HEADS),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "n_kv_heads"), N_KV_HEADS),
    **dict.fromkeys(("head_dim", "global_head_dim", "swa_head_dim", "attention_head_dim", "d_kv"), HEAD_DIM),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"), N_POSITIONS),
    **dict.fromkeys(("max_encoder_position_embeddings", "max_decoder_position_embeddings"), N_POSITIONS),
    **dict.fromkeys(("max_source_positions", "max_target_positions", "seq_length", "max_sequence_length"), N_POSITIONS),
    **dict.fromkeys(("intermediate_size", "n_inner", "d_ff", "hidden_dim", "ffn_hidden_size", "ffn_dim"), 16),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "moe_intermediate_size", "shared_intermediate_size"), 16),
    **dict.fromkeys(("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"), 16),
    **dict.fromkeys(("expert_ffn_hidden_size", "intermediate_size_mlp", "expert_intermediate_size"), 16),
    **dict.fromkeys(("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk", "moe_k", "moe_top_k", "top_k_experts"), 2),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group"), 1),
    **dict.fromkeys(("num_shared_experts", "n_shared_experts"), 1),
    "q_lora_rank": 10,
    "kv_lora_rank": 14,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4,
    "v_head_dim": 6,
    "index_n_heads": 2,
    "index_head_dim": 8,
    "index_topk": 4,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "mamba_n_heads": 4,
    "mamba_num_heads": 4,
    "mamba_d_state": 4,
    "mamba_d_head": 16,
    "mamba_head_dim": 16,
    "mamba_n_groups": 1,
    "n_groups": 1,
    "state_size": 4,
    "ssm_state_size": 4,
    "type_vocab_size": 3,
    "sliding_window": 64,
    "num_mem_blocks": 1,
    "hidden_size_per_layer_input": 6,
    "image_size": 28,
    "patch_size": 14,
    "projection_dim": 8,
    "projector_hidden_size": 8,
    "mm_tokens_per_image": 4,
}


def tiny_config(model_type: str, **overrides: Any) -> PreTrainedConfig:
    """Return the configuration of a model type with tiny sizes; what `overrides` says stands."""
    return tiny(CONFIG_MAPPING[model_type], **overrides)


def tiny(kind: type[PreTrainedConfig], **overrides: Any) -> PreTrainedConfig:
    """Return a configuration of a class with tiny sizes; what `overrides` says stands."""
    overrides = dict(overrides)
    by_name = {field.name: field for field in fields(kind)}
    sizes = {name: size for name, size in _SIZES.items() if name in by_name and _fits(by_name[name].default, size)}
    if "qk_rope_head_dim" in by_name:  # there the width of a head is made of its parts
        sizes.pop("head_dim", None)
    eps = {name: EPS for name, field in by_name.items() if _is_eps(name, field.default)}
    pads = {
        name: 3
        for name, field in by_name.items()
        if name.endswith("_token_id") and isinstance(field.default, int) and field.default >= N_VOCAB
    }
    parts = {name: tiny(part, **overrides.pop(name, {})) for name, part in _parts(kind)}
    return kind(**{**sizes, **eps, **pads, **parts, **overrides})


def _parts(kind: type[PreTrainedConfig]) -> Iterator[tuple[str, type[PreTrainedConfig]]]:
    """Yield the configurations that a configuration holds, its text's and its images' say, each with its class."""
    for name, spec in kind.sub_configs_defaults.items():
        if issubclass(spec.config_class, PreTrainedConfig):
            yield name, spec.config_class
        elif spec.model_type:
            yield name, CONFIG_MAPPING[spec.model_type]


def _fits(default: Any, size: Any) -> bool:
    """Say whether a field whose default is this takes a number: lists and switches do not."""
    return default is None or (isinstance(default, int | float) and not isinstance(default, bool))


def _is_eps(name: str, default: Any) -> bool:
    return isinstance(default, float) and any(part in {"eps", "epsilon"} for part in name.split("_"))
