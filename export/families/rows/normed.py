"""Decoders that normalize the looked-up rows, project them, or add and multiply learned vectors."""

from dataclasses import replace
from typing import Final

from export.families.family import Building, Family
from export.families.like_llama import BLOCK, EPSILON, NORM_PLUS_ONE, SEPARATE, like_llama
from export.families.make_heads import Separate, head_norm, heads
from export.families.make_positions import rotary, where_turning
from export.families.make_special_steps import added, multiplied
from export.families.make_steps import configured, layer_norm, projected, rms_norm, scaled

_BARE: Final = rms_norm(name="norm", epsilon=EPSILON)  # without a weight
_CONVOLVED: Final = "Block 1's keys pass a convolution over the tokens before: they do not follow from one vector each."
_RELATIVE: Final = (
    "Positions act in attention, as numbers for each distance made from the vectors: they are not in the file."
)


def _mix(building: Building) -> float:
    """Return by what NeoMME's block 1 multiplies its input: the sum of both shares, for it has one input twice."""
    return float(building.checkpoint.read("layers.0.lambdas").sum())


FAMILIES: Final[tuple[Family, ...]] = (
    like_llama(
        "nanochat",
        steps=(_BARE,),
        attention=heads(replace(SEPARATE, turns_back=True), before=(_BARE,)),
        remark="The halves of each head have changed places, for the model turns them the other way round.",
    ),
    like_llama(
        "muse_glimmer_text",
        "muse_spark_text",
        steps=(_BARE,),
        places=where_turning(rotary()),
        attention=heads(
            SEPARATE,
            before=(NORM_PLUS_ONE,),
            after_queries=(head_norm("", "queries", epsilon=EPSILON), scaled(configured("qk_scale_factor"))),
            after_keys=(head_norm("", "keys", epsilon=EPSILON),),
        ),
    ),
    like_llama(
        "inkling_text",
        steps=(rms_norm("embed_norm", "embed_tokens.embed_norm", name="norm", epsilon=EPSILON),),
        places=None,
        attention=None,
        why_no_heads=_CONVOLVED,
        remark=_RELATIVE,
    ),
    like_llama(
        "inkling2_text",
        "inkling2_loop_text",
        table=("embed.weight", "embed_tokens.weight"),
        steps=(rms_norm("embed_norm", "embed_tokens.embed_norm", name="norm", epsilon=EPSILON),),
        places=None,
        attention=None,
        why_no_heads=_CONVOLVED,
        remark=_RELATIVE,
        prefixes=("model.llm.", "llm."),
    ),
    like_llama(
        "neomme",
        table=("embed_tokens.word_embeddings.weight",),
        steps=(
            projected("embed_tokens.embedding_projection", name="projection"),
            rms_norm(name="norm", epsilon=("norm_eps",)),
        ),
        attention=heads(
            SEPARATE,
            before=(scaled(_mix), rms_norm(name="block.norm", epsilon=("norm_eps",))),
            after_queries=(head_norm("", "queries", epsilon=("norm_eps",)),),
            after_keys=(head_norm("", "keys", epsilon=("norm_eps",)),),
        ),
        is_causal=False,
        remark="Two blocks also add rows of a table of values, which is not in the file.",
    ),
    like_llama(
        "zaya",
        steps=(
            added(
                lambda checkpoint: checkpoint.read("input_hidden_states_bias"), "the input's bias", name="input_bias"
            ),
            multiplied("input_hidden_states_scale", name="input_scale"),
        ),
        attention=None,
        why_no_heads=_CONVOLVED,
    ),
    Family(
        ("modernbert-decoder",),
        ("embeddings.tok_embeddings.weight",),
        steps=(layer_norm("embeddings.norm", name="norm", epsilon=("norm_eps",)),),
        positions=rotary(),
        heads=heads(Separate((f"{BLOCK}attn.q_proj",), (f"{BLOCK}attn.k_proj",))),
    ),
)
