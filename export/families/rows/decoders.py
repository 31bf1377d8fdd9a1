"""Decoders: a lookup, sometimes scaled, and rotary positions in every block."""

from typing import Final

from export.families.family import Family
from export.families.make_heads import Fused, Separate, head_norm, heads
from export.families.make_positions import learned, rotary
from export.families.make_steps import cast_root_of_width, layer_norm, positions, rms_norm, scaled

_TABLE: Final = ("embed_tokens.weight", "tok_embeddings.weight")
_LAYER: Final = "layers.0."
_SEPARATE: Final = Separate((f"{_LAYER}self_attn.q_proj",), (f"{_LAYER}self_attn.k_proj",))
_EPSILON: Final = ("rms_norm_eps",)
_NORM: Final = rms_norm(f"{_LAYER}input_layernorm", name="block.norm", epsilon=_EPSILON)
_NORM_PLUS_ONE: Final = rms_norm(f"{_LAYER}input_layernorm", name="block.norm", epsilon=_EPSILON, adds_one=True)


FAMILIES: Final = (
    Family(
        ("llama", "mistral", "qwen2"),
        _TABLE,
        positions=rotary(),
        heads=heads(_SEPARATE, before=(_NORM,)),
    ),
    Family(
        ("qwen3",),
        _TABLE,
        positions=rotary(),
        heads=heads(
            _SEPARATE,
            before=(_NORM,),
            after_queries=(head_norm(f"{_LAYER}self_attn.q_norm", "queries", epsilon=_EPSILON),),
            after_keys=(head_norm(f"{_LAYER}self_attn.k_norm", "keys", epsilon=_EPSILON),),
        ),
    ),
    Family(
        ("gemma", "gemma2"),
        _TABLE,
        steps=(scaled(cast_root_of_width, "× √d_model"),),
        positions=rotary(),
        heads=heads(_SEPARATE, before=(_NORM_PLUS_ONE,)),
    ),
    Family(
        ("gpt2",),
        ("wte.weight",),
        steps=(positions(),),
        positions=learned("wpe.weight"),
        heads=heads(
            Fused(("h.0.attn.c_attn",), is_input_first=True),
            before=(layer_norm("h.0.ln_1", name="block.norm", epsilon=("layer_norm_epsilon",)),),
        ),
    ),
)
