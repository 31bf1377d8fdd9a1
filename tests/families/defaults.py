"""Writes `export/families/defaults.json`: what each family's config.json leaves out, from the installed transformers.

Run `python -m tests.families.defaults` after a family was added, or a key that one reads.
"""

import json
import warnings
from pathlib import Path

from transformers import CONFIG_MAPPING

from export.families.registry import families

PATH = Path(__file__).parents[2] / "export" / "families" / "defaults.json"
# Keys that the makers of `export.families` read.
KEYS = frozenset(
    """
    hidden_size num_attention_heads num_key_value_heads head_dim max_position_embeddings n_positions max_seq_len
    seq_length d_model dim rescale_embeddings use_task_id scale_embedding layer_norm_eps layer_norm_epsilon rms_norm_eps norm_eps norm_epsilon rope_theta rope_parameters
    partial_rotary_factor rotary_pct rotary_dim rotary_emb_base embedding_multiplier scale_embedding scale_emb pad_token_id
    type_vocab_size embedding_size word_embed_proj_dim layer_types original_max_position_embeddings vocab_size n_head_kv
    """.split()  # noqa: SIM905 (a list of 100 keys reads better so)
)


def defaults() -> dict[str, dict[str, object]]:
    """Return model type → its config's values of KEYS and its other names of them."""
    found: dict[str, dict[str, object]] = {}
    for model_type in sorted(families()):
        if model_type not in CONFIG_MAPPING:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = CONFIG_MAPPING[model_type]()
        aliases = {key: name for key, name in config.attribute_map.items() if key in KEYS}
        names = KEYS | set(aliases.values())
        values = {key: value for key, value in config.to_dict().items() if key in names and value is not None}
        if len(json.dumps(values.get("layer_types", []))) > 100:
            values["layer_types"] = values["layer_types"][:1]  # block 1's
        # These follow from the others where config.json leaves them out, unless the family has its own.
        if config.to_dict().get("head_dim") == getattr(config, "hidden_size", 0) // getattr(
            config, "num_attention_heads", 1
        ):
            values.pop("head_dim", None)
        if getattr(config, "num_key_value_heads", None) == getattr(config, "num_attention_heads", None):
            values.pop("num_key_value_heads", None)
        found[model_type] = {"config": values, "aliases": aliases}
    return found


if __name__ == "__main__":
    PATH.write_text(json.dumps(defaults(), indent=1, sort_keys=True) + "\n")
