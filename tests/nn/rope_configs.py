"""Rotary positions of released models, by name: the numbers of their published config.json, and ours for the same.

A row holds the model's code in transformers (its folder and the beginning of its classes' names), the numbers of its
configuration, the width of a head, and our `RopeParameters`. `layer_type` names the layers of the row, where layers
differ. A model whose code transformers does not have is run through Llama's code, with its own numbers.
"""

from dataclasses import dataclass, field
from typing import Any

# Phi-3.5-mini-instruct, float32 numbers as its config.json writes them.
_PHI_SHORT = (
    1.0, 1.0199999809265137, 1.0299999713897705, 1.0299999713897705, 1.0499999523162842, 1.0499999523162842,
    1.0499999523162842, 1.0499999523162842, 1.0499999523162842, 1.0699999332427979, 1.0999999046325684,
    1.1099998950958252, 1.1599998474121094, 1.1599998474121094, 1.1699998378753662, 1.2899998426437378,
    1.339999794960022, 1.679999828338623, 1.7899998426437378, 1.8199998140335083, 1.8499997854232788,
    1.8799997568130493, 1.9099997282028198, 1.9399996995925903, 1.9899996519088745, 2.0199997425079346,
    2.0199997425079346, 2.0199997425079346, 2.0199997425079346, 2.0199997425079346, 2.0199997425079346,
    2.0299997329711914, 2.0299997329711914, 2.0299997329711914, 2.0299997329711914, 2.0299997329711914,
    2.0299997329711914, 2.0299997329711914, 2.0299997329711914, 2.0299997329711914, 2.0799996852874756,
    2.0899996757507324, 2.189999580383301, 2.2199995517730713, 2.5899994373321533, 2.729999542236328,
    2.749999523162842, 2.8399994373321533,
)  # fmt: skip
_PHI_LONG = (
    1.0800000429153442, 1.1100000143051147, 1.1399999856948853, 1.340000033378601, 1.5899999141693115,
    1.600000023841858, 1.6200000047683716, 2.620000123977661, 3.2300000190734863, 3.2300000190734863,
    4.789999961853027, 7.400000095367432, 7.700000286102295, 9.09000015258789, 12.199999809265137,
    17.670000076293945, 24.46000099182129, 28.57000160217285, 30.420001983642578, 30.840002059936523,
    32.590003967285156, 32.93000411987305, 42.320003509521484, 44.96000289916992, 50.340003967285156,
    50.45000457763672, 57.55000305175781, 57.93000411987305, 58.21000289916992, 60.1400032043457,
    62.61000442504883, 62.62000274658203, 62.71000289916992, 63.1400032043457, 63.1400032043457,
    63.77000427246094, 63.93000411987305, 63.96000289916992, 63.970001220703125, 64.02999877929688,
    64.06999969482422, 64.08000183105469, 64.12000274658203, 64.41000366210938, 64.4800033569336,
    64.51000213623047, 64.52999877929688, 64.83999633789062,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Configuration:
    """A model's row; `lengths` are the sequences to try, where the frequencies depend on the length."""

    folder: str
    prefix: str
    settings: dict[str, Any]
    head_dim: int
    ours: dict[str, Any]
    layer_type: str | None = None
    lengths: tuple[int, ...] = (1,)
    rotary: str = field(default="")  # the beginning of the rotary class's name, where it is another


def _llama(
    hidden_size: int,
    n_heads: int,
    length: int,
    base: float = 10_000.0,
    scaling: dict[str, Any] | None = None,
    **more: float,
) -> dict[str, Any]:
    return {
        "hidden_size": hidden_size, "num_attention_heads": n_heads, "max_position_embeddings": length, "rope_theta": base,
        "rope_scaling": scaling, **more,
    }  # fmt: skip


_LLAMA_3 = {
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}
_OURS_3 = {
    "base": 500_000.0,
    "scaling": "llama3",
    "original_length": 8192,
    "low_frequency_factor": 1.0,
    "high_frequency_factor": 4.0,
}

MODELS = {
    "Llama 2": Configuration("llama", "Llama", _llama(4096, 32, 4096), 128, {}),
    "Llama 3.1 8B": Configuration(
        "llama", "Llama", _llama(4096, 32, 131_072, 500_000.0, {"factor": 8.0, **_LLAMA_3}), 128, {"factor": 8.0, **_OURS_3}
    ),
    "Llama 3.2 1B": Configuration(
        "llama", "Llama", _llama(2048, 32, 131_072, 500_000.0, {"factor": 32.0, **_LLAMA_3}), 64, {"factor": 32.0, **_OURS_3}
    ),
    "LLaMA, extended to 32,768 tokens": Configuration(
        "llama", "Llama", _llama(4096, 32, 2048, scaling={"type": "linear", "factor": 16.0}), 128,
        {"scaling": "linear", "factor": 16.0},
    ),
    "Llama 2, extended to 128k tokens": Configuration(
        "llama", "Llama",
        _llama(4096, 32, 131_072, scaling={"type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096}), 128,
        {"scaling": "yarn", "factor": 32.0, "original_length": 4096},
    ),
    "DeepSeek-Coder": Configuration(
        "llama", "Llama", _llama(4096, 32, 16_384, 100_000.0, {"type": "linear", "factor": 4.0}), 128,
        {"base": 100_000.0, "scaling": "linear", "factor": 4.0},
    ),
    "InternLM2": Configuration(
        "llama", "Llama", _llama(4096, 32, 32_768, 1e6, {"type": "dynamic", "factor": 2.0}), 128,
        {"base": 1e6, "scaling": "dynamic", "factor": 2.0, "original_length": 32_768}, lengths=(1, 32_768, 32_769, 131_072),
    ),
    "Mistral 7B": Configuration("mistral", "Mistral", _llama(4096, 32, 32_768), 128, {}),
    "Qwen2.5, extended to 131,072 tokens": Configuration(
        "qwen2", "Qwen2",
        _llama(3584, 28, 32_768, 1e6, {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32_768}), 128,
        {"base": 1e6, "scaling": "yarn", "factor": 4.0, "original_length": 32_768},
    ),
    "Qwen3": Configuration("qwen3", "Qwen3", _llama(4096, 32, 40_960, 1e6, head_dim=128), 128, {"base": 1e6}),
    "DeepSeek-V3": Configuration(
        "deepseek_v3", "DeepseekV3",
        _llama(7168, 128, 163_840, qk_rope_head_dim=64, scaling={
            "type": "yarn", "factor": 40, "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1,
            "mscale": 1.0, "mscale_all_dim": 1.0,
        }), 64,
        {"layout": "interleaved", "scaling": "yarn", "factor": 40.0, "original_length": 4096, "mscale_all_dim": 1.0},
    ),
    "GPT-OSS-20B": Configuration(
        "gpt_oss", "GptOss",
        _llama(2880, 64, 131_072, 150_000.0, head_dim=64, scaling={
            "rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0,
            "beta_slow": 1.0, "truncate": False,
        }), 64,
        {"base": 150_000.0, "scaling": "yarn", "factor": 32.0, "original_length": 4096, "is_truncated": False},
    ),
    "Phi-3.5-mini": Configuration(
        "phi3", "Phi3",
        _llama(3072, 32, 131_072, original_max_position_embeddings=4096, scaling={
            "type": "longrope", "short_factor": list(_PHI_SHORT), "long_factor": list(_PHI_LONG),
        }), 96,
        {"scaling": "longrope", "factor": 32.0, "original_length": 4096, "short_factors": _PHI_SHORT, "long_factors": _PHI_LONG},
        lengths=(1, 4096, 4097, 131_072),
    ),
    "Gemma 3, in its global layers": Configuration(
        "gemma3", "Gemma3Text",
        {
            "hidden_size": 2560, "num_attention_heads": 8, "head_dim": 256, "max_position_embeddings": 131_072,
            "layer_types": ["sliding_attention", "full_attention"], "num_hidden_layers": 2,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            },
        }, 256, {"base": 1e6, "scaling": "linear", "factor": 8.0}, layer_type="full_attention", rotary="Gemma3",
    ),
    # Its own defaults: head_dim 512, a base of 1,000,000 and a share of 0.25 in global layers.
    "Gemma 4, in its global layers": Configuration(
        "gemma4", "Gemma4Text", {}, 512, {"base": 1e6, "scaling": "proportional", "proportion": 0.25},
        layer_type="full_attention",
    ),
    "GPT-NeoX-20B": Configuration(
        "gpt_neox", "GPTNeoX",
        {"hidden_size": 6144, "num_attention_heads": 64, "max_position_embeddings": 2048, "rotary_pct": 0.25, "rotary_emb_base": 10_000},
        96, {"rotary_dim": 24},
    ),
    "Phi-2": Configuration("phi", "Phi", _llama(2560, 32, 2048, partial_rotary_factor=0.4), 80, {"rotary_dim": 32}),
    "StableLM-3B-4E1T": Configuration(
        "stablelm", "StableLm", _llama(2560, 32, 4096, partial_rotary_factor=0.25), 80, {"rotary_dim": 20}
    ),
    "GLM-4": Configuration(
        "glm", "Glm", _llama(4096, 32, 131_072, head_dim=128, partial_rotary_factor=0.5), 128,
        {"rotary_dim": 64, "layout": "interleaved"},
    ),
    "ModernBERT, in its global layers": Configuration(
        "modernbert", "ModernBert", {}, 64, {"base": 160_000.0}, layer_type="full_attention"
    ),
    "ModernBERT, in its local layers": Configuration(
        "modernbert", "ModernBert", {}, 64, {"base": 10_000.0}, layer_type="sliding_attention"
    ),
}  # fmt: skip
