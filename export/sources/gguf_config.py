"""The keys of a GGUF file as the config.json that its model had: sizes, norms, and how positions rotate."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError

# GGUF's key after "ARCHITECTURE." → the names that families have for it.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "embedding_length": ("hidden_size",),
    "block_count": ("num_hidden_layers",),
    "context_length": ("max_position_embeddings",),
    "attention.layer_norm_rms_epsilon": ("rms_norm_eps", "norm_eps", "layer_norm_epsilon"),
    "attention.layer_norm_epsilon": ("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"),
    "attention.clamp_kqv": ("clip_qkv",),
    "attention.max_alibi_bias": ("alibi_bias_max",),
    "attention.relative_buckets_count": ("relative_attention_num_buckets",),
    "embedding_length_per_layer_input": ("hidden_size_per_layer_input",),
    "embedding_scale": ("embedding_multiplier", "scale_emb"),
    "rope.freq_base": ("rope_theta",),
}
_LOCAL_BASE: Final = 10_000.0  # of Gemma 3's sliding layers where no key says it, as in llama.cpp
_ROUNDING: Final = 1e-5  # how far a factor that was stored as float32 may be from the formula's

Factors = Callable[[str], np.ndarray | None]


def hugging_face_config(keys: Mapping[str, Any], model_type: str, factors: Factors) -> dict[str, Any]:
    """Return what config.json would say. `factors` gives the tensor of this name, None where there is none.

    Numbers that a converter rounded to float32 are given as the shortest that round to them: 1e-05.
    Raises ModelFileError where a key has another type or size than it must have.
    """
    architecture = keys.get("general.architecture")
    own = {
        name.removeprefix(f"{architecture}."): _plain(value)
        for name, value in keys.items()
        if name.startswith(f"{architecture}.")
    }
    config: dict[str, Any] = {"model_type": model_type}
    for key, names in _KEYS.items():
        if key in own:
            config |= dict.fromkeys((name for name in names if name not in config), own[key])
    heads = _of_first_block(own, "attention.head_count")
    if heads:
        config["num_attention_heads"] = heads
        config["num_key_value_heads"] = _of_first_block(own, "attention.head_count_kv") or heads
        config["head_dim"] = _of_first_block(own, "attention.key_length") or _whole(own, "embedding_length") // heads
        turning = _whole(own, "rope.dimension_count")
        if turning and turning < config["head_dim"]:
            config["partial_rotary_factor"] = turning / config["head_dim"]
    config |= _rotation(own, config, factors)
    if isinstance(keys.get("general.license"), str):
        config["license"] = keys["general.license"]
    if isinstance(keys.get("tokenizer.ggml.padding_token_id"), int):
        config["pad_token_id"] = keys["tokenizer.ggml.padding_token_id"]
    return _special(config, own)


def _special(config: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with what one model type says in its own way."""
    model_type, n_heads = config["model_type"], config.get("num_attention_heads", 1)
    n_kv_heads = config.get("num_key_value_heads", n_heads)
    if model_type == "gemma3_text" and "rope_theta" in config:
        outer = {"rope_type": "default", "rope_theta": config.pop("rope_theta"), **config.pop("rope_scaling", {})}
        local = {"rope_type": "default", "rope_theta": own.get("rope.freq_base_swa", _LOCAL_BASE)}
        config["rope_parameters"] = {"sliding_attention": local, "full_attention": outer}
        config["layer_types"] = ["sliding_attention"]
    elif model_type == "falcon":
        config |= {
            "multi_query": n_kv_heads == 1,
            "new_decoder_architecture": 1 < n_kv_heads < n_heads,
            "num_kv_heads": n_kv_heads,
        }
    elif model_type == "gpt_bigcode":
        config["multi_query"] = n_kv_heads == 1
    elif model_type == "t5":
        config |= {"d_model": config.get("hidden_size"), "num_heads": n_heads, "d_kv": config.get("head_dim")}
    elif model_type == "gpt_neox" and "partial_rotary_factor" in config:
        config["rotary_pct"] = config["partial_rotary_factor"]
    elif model_type == "mpt":
        names = {"clip_qkv": "clip_qkv", "alibi_bias_max": "alibi_bias_max"}
        config["attn_config"] = {theirs: config[ours] for ours, theirs in names.items() if ours in config}
        config["attn_config"]["alibi"] = config.get("alibi_bias_max", 0) > 0
    return config


def _rotation(own: Mapping[str, Any], config: Mapping[str, Any], factors: Factors) -> dict[str, Any]:
    """Return `rope_scaling` and what belongs to it, from the keys or from tensors of factors; {} without scaling."""
    kind = own.get("rope.scaling.type", "none")
    long, short, freqs = (factors(name) for name in ("rope_factors_long", "rope_factors_short", "rope_freqs"))
    trained = _whole(own, "rope.scaling.original_context_length")
    if long is not None and short is not None:
        longest = config.get("max_position_embeddings", trained)
        scaling = {"rope_type": "longrope", "short_factor": short.tolist(), "long_factor": long.tolist()}
        attention = own.get("rope.scaling.attn_factor")
        if attention is not None and not _is_usual(attention, longest, trained):
            scaling["attention_factor"] = attention
        return {"rope_scaling": scaling, "original_max_position_embeddings": trained}
    if freqs is not None:
        return {"rope_scaling": _llama3(freqs, own, config)}
    if kind in ("none", "") or not own.get("rope.scaling.factor"):
        return {}
    scaling = {"rope_type": kind, "factor": float(own["rope.scaling.factor"])}
    if trained:
        scaling["original_max_position_embeddings"] = trained
    names = {"yarn_beta_fast": "beta_fast", "yarn_beta_slow": "beta_slow", "yarn_attn_factor": "attention_factor"}
    scaling |= {theirs: own[f"rope.scaling.{key}"] for key, theirs in names.items() if f"rope.scaling.{key}" in own}
    return {"rope_scaling": scaling}


def _is_usual(attention: float, longest: int, trained: int) -> bool:
    """Return whether a factor of longrope is the one that follows from the two lengths."""
    if trained < 2:
        return False
    scale = longest / trained
    usual = 1.0 if scale <= 1 else math.sqrt(1 + math.log(scale) / math.log(trained))
    return abs(attention - usual) < _ROUNDING


def _llama3(freqs: np.ndarray, own: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of Llama 3.1's scaling whose divisors of the frequencies a file stores.

    The file has only the divisors. The highest is the factor, and Meta's other three numbers give them back or not.
    """
    base, width = config.get("rope_theta", 10_000.0), 2 * len(freqs)
    factor = float(np.max(freqs))
    for trained in (8192, _whole(own, "rope.scaling.original_context_length") or 8192):
        said = {"factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
        waves = 2 * math.pi * base ** (np.arange(0, width, 2) / width)
        smooth = (trained / waves - 1.0) / 3.0
        between = 1 / ((1 - smooth) / factor + smooth)
        expected = np.where(waves < trained / 4.0, 1.0, np.where(waves > trained, factor, between))
        if np.allclose(expected, freqs, rtol=_ROUNDING, atol=0):
            return {"rope_type": "llama3", "original_max_position_embeddings": trained, **said}
    msg = f"the file divides its {len(freqs)} rotary frequencies by numbers that are not Llama 3.1's"
    raise ModelFileError(f"{msg}: export it with --positions none, or report the model")


def _of_first_block(own: Mapping[str, Any], key: str) -> int:
    """Return a number that models may have for each block: the first one's."""
    value = own.get(key, 0)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _whole({key: value[0] if value else 0}, key)
    return _whole(own, key)


def _whole(own: Mapping[str, Any], key: str) -> int:
    value = own.get(key, 0)
    if type(value) is not int or not 0 <= value < 2**31:
        msg = f"the file's key {key} is {str(value)[:60]!r}, and must be a whole number below 2,147,483,648"
        raise ModelFileError(f"{msg}: fetch or convert the file again")
    return value


def _plain(value: Any) -> Any:
    return float(str(np.float32(value))) if isinstance(value, float) and math.isfinite(value) else value
