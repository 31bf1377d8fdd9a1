"""Encoders like BERT: rows, types and positions are added and normalized, and places are counted from 0 or 2."""

from collections.abc import Sequence
from typing import Final

from export.families.family import Family, HeadMaker, PositionMaker, StepMaker
from export.families.make_heads import Separate, heads
from export.families.make_positions import learned
from export.families.make_steps import (
    added_row,
    configured_so,
    layer_norm,
    positions,
    projected,
    root_where,
    scaled,
    when,
)

WORDS: Final = ("embeddings.word_embeddings.weight",)
TYPE: Final = added_row("embeddings.token_type_embeddings.weight", 0, "token type", name="token_type")
EPSILON: Final = ("layer_norm_eps",)
NORM: Final = layer_norm("embeddings.LayerNorm", name="layer_norm", epsilon=EPSILON)
PLACES: Final = "embeddings.position_embeddings.weight"
_SELF: Final = "encoder.layer.0.attention.self."
ATTENTION: Final = Separate((f"{_SELF}query",), (f"{_SELF}key",))
# A model with a head keeps the encoder under its own name.
INSIDE: Final = tuple(
    f"{name}." if name else ""
    for name in (
        "", "bert", "roberta", "electra", "albert", "distilbert", "mobilebert", "megatron_bert", "ernie", "mpnet",
        "mra", "nystromformer", "yoso", "convbert", "rembert", "roformer", "fnet", "deberta", "funnel", "tapas",
        "layoutlm", "layoutlmv2", "layoutlmv3", "lilt", "markuplm", "longformer", "luke", "ibert", "esm", "bros",
        "data2vec_text", "roberta_prelayernorm", "visual_bert", "vilt", "splinter", "lxmert", "transformer", "roc_bert",
        "text_model", "model.text_model", "text_model.roberta", "git", "text_encoder",
    )
)  # fmt: skip


_STEPS: Final = (TYPE, positions(), NORM)
_PLACED: Final = learned(PLACES)
_HEADS: Final = heads(ATTENTION)


def like_bert(
    types: Sequence[str],
    *,
    steps: Sequence[StepMaker] = _STEPS,
    places: PositionMaker | None = _PLACED,
    attention: HeadMaker | None = _HEADS,
    why_no_heads: str = "",
    remark: str = "",
) -> Family:
    """Return the row of families that keep BERT's names of tensors."""
    return Family(
        tuple(types),
        WORDS,
        steps=tuple(steps),
        positions=places,
        heads=attention,
        why_no_heads=why_no_heads,
        remark=remark,
        prefixes=INSIDE,
        is_causal=False,
    )


_ALBERT: Final = "encoder.albert_layer_groups.0.albert_layers.0.attention."
_DISTIL: Final = "transformer.layer.0.attention."
_PLAIN: Final = (positions(), NORM)  # without token types

FAMILIES: Final = (
    like_bert(("bert", "splinter", "chinese_clip_text_model", "align_text_model", "flava_text_model", "visual_bert")),
    like_bert(
        ("bros",),
        remark="The boxes of the words act in attention; without boxes the rows enter block 1 as they are here.",
    ),
    like_bert(
        ("lxmert",),
        steps=(TYPE, positions(), layer_norm("embeddings.LayerNorm", name="layer_norm", epsilon=1e-12)),
        remark="This is the input of the language side; pictures enter another stack.",
    ),
    like_bert(("bert-generation", "blip_text_model", "git"), steps=_PLAIN),
    like_bert(
        ("distilbert",),
        steps=(positions(), layer_norm("embeddings.LayerNorm", name="layer_norm", epsilon=1e-12)),
        attention=heads(Separate((f"{_DISTIL}q_lin",), (f"{_DISTIL}k_lin",))),
    ),
    like_bert(
        ("albert",),
        steps=(TYPE, positions(), NORM, projected("encoder.embedding_hidden_mapping_in", name="projection")),
        attention=heads(Separate((f"{_ALBERT}query",), (f"{_ALBERT}key",))),
    ),
    like_bert(
        ("electra",),
        steps=(TYPE, positions(), NORM, projected("embeddings_project", name="projection", is_optional=True)),
    ),
    like_bert(
        ("rembert",),
        steps=(TYPE, positions(), NORM, projected("encoder.embedding_hidden_mapping_in", name="projection")),
    ),
    like_bert(
        ("fnet",),
        steps=(TYPE, positions(), NORM, projected("embeddings.projection", name="projection")),
        attention=None,
        why_no_heads="Block 1 mixes tokens by a Fourier transform, so it has no queries and keys.",
    ),
    like_bert(
        ("megatron-bert",),
        steps=(TYPE, positions()),
        attention=heads(
            ATTENTION, before=(layer_norm("encoder.layer.0.attention.ln", name="block.norm", epsilon=EPSILON),)
        ),
    ),
    like_bert(("nystromformer", "mra", "yoso"), places=learned(PLACES, offset=2)),
    like_bert(
        ("big_bird",),
        steps=(scaled(root_where("rescale_embeddings"), "× √d_model"), TYPE, positions(), NORM),
    ),
    like_bert(
        ("ernie",),
        steps=(
            TYPE,
            positions(),
            when(
                configured_so("use_task_id"),
                added_row("embeddings.task_type_embeddings.weight", 0, "task type", name="task_type"),
            ),
            NORM,
        ),
    ),
    like_bert(
        ("squeezebert",),
        attention=None,
        why_no_heads="Block 1 makes its queries and keys by convolutions in groups, which the file does not hold.",
    ),
)
