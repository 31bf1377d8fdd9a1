"""Writes `export/families/defaults.json`: what each family's config.json leaves out, from the installed transformers.

Run `python -m tests.families.defaults` after a family was added, or a key that one reads.
"""

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from transformers import CONFIG_MAPPING, PreTrainedConfig

from export.families.registry import families

PATH = Path(__file__).parents[2] / "export" / "families" / "defaults.json"
# Keys that the makers of `export.families` read.
KEYS = frozenset(
    """
    hidden_size num_attention_heads num_key_value_heads head_dim max_position_embeddings n_positions max_seq_len
    seq_length d_model dim rescale_embeddings use_task_id scale_embedding layer_norm_eps layer_norm_epsilon
    rms_norm_eps norm_eps norm_epsilon rope_theta rope_parameters partial_rotary_factor rotary_pct rotary_dim
    rotary_emb_base embedding_multiplier scale_emb pad_token_id attention_in_multiplier key_multiplier
    embedding_scale mup_enabled qk_scale_factor no_rope_layers layer_rope_theta clip_qkv attn_config alibi
    multi_query new_decoder_architecture num_kv_heads do_layer_norm_before eoi_token_index type_vocab_size
    embedding_size word_embed_proj_dim layer_types original_max_position_embeddings vocab_size n_head_kv
    query_pre_attn_scalar attn_logit_softcapping sliding_window use_sliding_window scale_attn_weights
    attention_multiplier use_learned_position_embeddings layernorm_embedding trigram_input intra_bottleneck_size
    use_bottleneck use_bottleneck_attention head_ratio key_query_shared_bottleneck normalization_type
    position_biased_input token_dropout mask_token_id emb_layer_norm_before position_embedding_type scale_sqrt_depth
    pre_norm sinusoidal_embeddings axial_pos_embds attention_head_size tag_pad_id subs_pad_id max_depth
    relative_attention_num_buckets relative_attention_max_distance d_kv num_heads decoder_attention_heads
    max_target_positions qk_nope_head_dim qk_rope_head_dim kv_lora_rank q_lora_rank rope_interleave per_layer_config
    eps dim_head
    """.split()  # noqa: SIM905 (a list of 100 keys reads better so)
)

ATTENTION = frozenset({"kv_n_heads", "clip_qkv", "alibi_bias_max", "alibi", "rope_theta"})  # in an object of their own


def defaults() -> dict[str, dict[str, Any]]:
    """Return model type → its config's values of KEYS and its other names of them."""
    found: dict[str, dict[str, Any]] = {}
    for model_type in sorted(set(families()) & set(CONFIG_MAPPING)):
        made = CONFIG_MAPPING[model_type]
        config = made()
        said = config.to_dict()
        aliases = {key: name for key, name in config.attribute_map.items() if key in KEYS}
        names = KEYS | set(aliases.values())
        values = {key: value for key, value in said.items() if key in names and value is not None}
        for key in ("layer_types", "no_rope_layers", "layer_rope_theta"):
            if len(json.dumps(values.get(key, []))) > 100:
                values[key] = values[key][:1]  # block 1's
        if isinstance(values.get("attn_config"), dict):
            values["attn_config"] = {key: value for key, value in values["attn_config"].items() if key in ATTENTION}
        for key, of in (("head_dim", "hidden_size"), ("num_key_value_heads", "num_attention_heads")):
            if _follows(made, said, key, aliases.get(of, of)):
                values.pop(key, None)  # the makers derive it as the config does
        found[model_type] = {"config": values, "aliases": aliases}
    return found


def _follows(made: Callable[..., PreTrainedConfig], said: Mapping[str, Any], key: str, of: str) -> bool:
    """Return whether a config derives `key` from `of`: it then has another value, or is refused, once `of` is doubled."""
    if not isinstance(said.get(key), int) or not isinstance(said.get(of), int):
        return False
    try:
        return bool(made(**{of: 2 * said[of]}).to_dict().get(key) != said[key])
    except (ValueError, StrictDataclassError):
        return True


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        PATH.write_text(json.dumps(defaults(), indent=1, sort_keys=True) + "\n")
