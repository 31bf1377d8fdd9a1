"""The rule by which block 1 makes weights of scores: causal or not, its scale, its cap, its window."""

from typing import Final

from embedcore.layer.rule import Rule
from export.families.family import Building, Family

# Model types whose weights by this rule equal those of transformers (tests/families/test_attention_pattern.py). Others
# may do more than a rule can say: sinks, norms after the rotation, a second softmax.
PROVEN: Final = frozenset({"bert", "gemma", "gemma2", "gpt2", "llama", "mistral", "qwen2", "qwen3"})


def rule_of_family(building: Building, family: Family) -> Rule | None:
    """Return how block 1 of a family's model makes weights of scores; None where nothing proves that it does so.

    The numbers are read by the names that config.json has for them in every family.
    """
    checkpoint = building.checkpoint
    if checkpoint.model_type not in PROVEN:
        return None
    scale, cap = None, checkpoint.get("attn_logit_softcapping")
    if checkpoint.get("query_pre_attn_scalar") is not None:
        scale = checkpoint.number("query_pre_attn_scalar") ** -0.5
    elif checkpoint.get("attention_multiplier") is not None:
        scale = checkpoint.number("attention_multiplier")
    elif checkpoint.get("scale_attn_weights") is False:
        scale = 1.0
    return Rule(
        family.is_causal,
        scale=scale,
        softcap=None if cap is None else checkpoint.number("attn_logit_softcapping"),
        window=_window(building),
    )


def _window(building: Building) -> int | None:
    """Return how many keys a query of block 1 sees; None where it sees all.

    `layer_types` decides where there are any; else a window holds in every block, unless it is switched off.
    """
    checkpoint = building.checkpoint
    kinds = checkpoint.get("layer_types") or ()
    is_sliding = kinds[0] == "sliding_attention" if kinds else checkpoint.get("use_sliding_window") is not False
    return checkpoint.size("sliding_window") if is_sliding and checkpoint.get("sliding_window") is not None else None
