"""The models that the cards of the Positions page name, each with the numbers that its own configuration has.

A row holds the number of heads, the width of a head, and the parameters of its scheme. A name on a card without a row
here fails a test, and so does a row without a name. The rows of extensions of rotary positions that
`tests.nn.rope_configs` has are taken from there.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.nn.rope_configs import MODELS


@dataclass(frozen=True, slots=True)
class Row:
    """A model's numbers; `parameters` are those of the scheme that the page draws."""

    n_heads: int
    head_dim: int
    parameters: dict[str, Any] = field(default_factory=dict)


SCHEMES = {
    "none": {
        "decoders trained without positions": Row(12, 64),
        "SmolLM3, in layers 4, 8, 12 …": Row(16, 128),
        "Llama 4, in layers 4, 8, 12 …": Row(40, 128),
        "Cohere 2 (Command R7B, Command A), in layers 4, 8, 12 …": Row(32, 128),
    },
    "learned": {"GPT-2": Row(12, 64), "BERT": Row(12, 64)},
    "sinusoidal": {
        "the first Transformer": Row(8, 64),
        "MarianMT": Row(8, 64, {"wave_layout": "halves"}),
    },
    "shaw": {"the paper's Transformer": Row(8, 64, {"max_distance": 16})},
    "transformer-xl": {
        "Transformer-XL": Row(16, 64, {"wave_layout": "halves"}),
        "XLNet": Row(12, 64, {"wave_layout": "halves"}),
    },
    "bert-relative-key": {"bert-base-uncased-embedding-relative-key": Row(12, 64, {"max_distance": 512})},
    "bert-relative-key-query": {"bert-base-uncased-embedding-relative-key-query": Row(12, 64, {"max_distance": 512})},
    "deberta": {
        "DeBERTa": Row(12, 64, {"max_distance": 512}),
        "DeBERTaV3": Row(12, 64, {"max_distance": 512, "n_buckets": 256}),
    },
    "t5": {
        "T5": Row(12, 64, {"n_buckets": 32, "max_distance": 128}),
        "mT5": Row(12, 64, {"n_buckets": 32, "max_distance": 128}),
        "Flan-T5": Row(12, 64, {"n_buckets": 32, "max_distance": 128}),
    },
    "alibi": {
        "the paper's language models": Row(8, 128),
        "BLOOM": Row(112, 128),
        "MPT-7B": Row(32, 128),
        "MPT-7B-StoryWriter": Row(32, 128, {"bias_max": 16.0}),
    },
    "rope": {
        "RoFormer": Row(12, 64, {"layout": "interleaved"}),
        "GPT-J": Row(16, 256, {"layout": "interleaved", "rotary_dim": 64}),
        "GPT-NeoX-20B": Row(64, 96, {"rotary_dim": 24}),
        "Llama": Row(32, 128),
    },
}

_OWN = {
    "LLaMA, without fine-tuning": Row(32, 128, {"scaling": "ntk", "factor": 8.0}),
    "Qwen-7B": Row(32, 128, {"scaling": "stepped", "original_length": 8192}),
}
EXTENSIONS = {name: Row(1, row.head_dim, row.ours) for name, row in MODELS.items()} | _OWN
# What the table of configurations has beside those that a card names.
NOT_ON_A_CARD = {
    "Qwen3", "Phi-2", "StableLM-3B-4E1T", "GLM-4", "ModernBERT, in its global layers", "ModernBERT, in its local layers",
}  # fmt: skip
