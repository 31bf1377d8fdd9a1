"""What each kind of model says of its attention, from config.json as it is saved."""

import numpy as np
import pytest

from embedcore.layer.rule import rule_of
from export.families.layer import layer_of
from export.layer.write import write_layer
from tests.families.array_source import ArraySource

WIDTH = 8
_NORM = "layers.0.input_layernorm.weight"


def arrays(**sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    draws = np.random.default_rng(0)
    return {name: draws.standard_normal(shape, dtype=np.float32) for name, shape in sizes.items()}


DECODER = arrays(
    **{
        "embed_tokens.weight": (11, WIDTH),
        _NORM: (WIDTH,),
        "layers.0.self_attn.q_proj.weight": (WIDTH, WIDTH),
        "layers.0.self_attn.k_proj.weight": (WIDTH, WIDTH),
    }
)
GPT2 = arrays(
    **{
        "wte.weight": (11, WIDTH),
        "wpe.weight": (16, WIDTH),
        "h.0.ln_1.weight": (WIDTH,),
        "h.0.ln_1.bias": (WIDTH,),
        "h.0.attn.c_attn.weight": (WIDTH, 3 * WIDTH),
        "h.0.attn.c_attn.bias": (3 * WIDTH,),
    }
)
_BERT = "encoder.layer.0.attention.self."
BERT = arrays(
    **{
        "embeddings.word_embeddings.weight": (11, WIDTH),
        "embeddings.position_embeddings.weight": (16, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
        **{
            f"{_BERT}{side}.{part}": (WIDTH,) * n
            for side in ("query", "key")
            for part, n in (("weight", 2), ("bias", 1))
        },
    }
)
SIZES = {"hidden_size": WIDTH, "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 16}


@pytest.mark.parametrize(
    ("config", "tensors", "said"),
    [
        ({"model_type": "llama"}, DECODER, {"is_causal": True}),
        ({"model_type": "mistral", "sliding_window": 7}, DECODER, {"is_causal": True, "window": 7}),
        ({"model_type": "qwen2", "sliding_window": 7, "use_sliding_window": False}, DECODER, {"is_causal": True}),
        (
            {
                "model_type": "gemma2",
                "query_pre_attn_scalar": 16,
                "head_dim": 4,
                "attn_logit_softcapping": 30.0,
                "sliding_window": 5,
            },
            DECODER,
            {"is_causal": True, "scale": 0.25, "softcap": 30.0, "window": 5},
        ),
        ({"model_type": "gpt2"}, GPT2, {"is_causal": True}),
        ({"model_type": "gpt2", "scale_attn_weights": False}, GPT2, {"is_causal": True, "scale": 1.0}),
        ({"model_type": "bert"}, BERT, {"is_causal": False}),
    ],
    ids=lambda value: value.get("model_type", " ") if isinstance(value, dict) else None,
)
def test_a_family_says_how_its_scores_become_weights(config, tensors, said, tmp_path):
    spec = layer_of(ArraySource(SIZES | config, tensors))
    assert spec.rule.to_json() == said
    metadata = write_layer(spec, tmp_path / "a.onnx", name="a")
    assert rule_of(metadata) is not None
    assert metadata.attention == said
