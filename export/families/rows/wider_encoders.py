"""Encoders whose blocks are wider than their table, or of another width: projections, neighbors, bottlenecks."""

from dataclasses import replace
from typing import Final

import numpy as np

from export.families.checkpoint import Checkpoint
from export.families.family import Building, HeadMaker, Heads, Positions, StepMaker
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import learned, rotary
from export.families.make_special_steps import added, multiplied, neighbors
from export.families.make_steps import configured_so, layer_norm, positions, projected, when
from export.families.rows.encoders import ATTENTION, EPSILON, NORM, PLACES, TYPE, like_bert

_PROJECTED: Final = projected("embeddings_project", name="projection", is_optional=True)
_BLOCK: Final = "encoder.layer.0."
_EMBED: Final = projected("embeddings.embed_proj", name="projection", is_optional=True)
_DISENTANGLED: Final = "Attention also weighs distances by learned vectors, which the file does not hold."


def _convbert_sizes(building: Building) -> Heads:
    checkpoint = building.checkpoint
    n_heads = max(1, checkpoint.size("num_attention_heads") // checkpoint.size("head_ratio"))
    return Heads(n_heads, n_heads, checkpoint.size("hidden_size") // n_heads // 2)


def _biased_input(building: Building) -> Positions:
    """Return DeBERTa's positions: a table that is added, or nothing at the input."""
    is_added = building.checkpoint.get("position_biased_input", default=True)
    return learned(PLACES)(building) if is_added else Positions()


def _query_bias(checkpoint: Checkpoint) -> np.ndarray:
    return checkpoint.read(f"{_BLOCK}attention.self.q_bias")


def _is_norm(building: Building) -> bool:
    return bool(building.checkpoint.get("normalization_type", default="no_norm") == "layer_norm")


def _mobile_norm(tensor: str, name: str) -> tuple[StepMaker, ...]:
    """Return the makers of what MobileBERT calls a norm: x · weight + bias, or a layer norm where it says so."""
    return (
        when(_is_norm, layer_norm(tensor, name=name, epsilon=EPSILON)),
        when(lambda building: not _is_norm(building), multiplied(f"{tensor}.weight", name=f"{name}.weight")),
        when(
            lambda building: not _is_norm(building),
            added(lambda checkpoint: checkpoint.read(f"{tensor}.bias"), "bias", name=f"{name}.bias"),
        ),
    )


def _bottleneck(side: str) -> tuple[StepMaker, ...]:
    tensor = f"{_BLOCK}bottleneck.{side}."
    return (projected(f"{tensor}dense", name="block.bottleneck"), *_mobile_norm(f"{tensor}LayerNorm", "block.norm"))


def _mobile_heads(building: Building) -> Heads:
    """Return MobileBERT's queries and keys, which start from a bottleneck in front of the block or from its input."""
    checkpoint = building.checkpoint
    uses_bottleneck = checkpoint.get("use_bottleneck", default=True)
    before: tuple[StepMaker, ...] = ()
    if uses_bottleneck and checkpoint.get("use_bottleneck_attention", default=False):
        before = _bottleneck("input")
    elif uses_bottleneck and checkpoint.get("key_query_shared_bottleneck", default=True):
        before = _bottleneck("attention")

    def sizes(_: Building) -> Heads:
        plain = building.head_sizes()
        width = checkpoint.size("intra_bottleneck_size") if uses_bottleneck else checkpoint.size("hidden_size")
        return replace(plain, head_dim=width // plain.n_heads)

    made = heads(ATTENTION, before=before, sizes_of=sizes)(building)
    assert made is not None
    return made


_DEBERTA_V2: Final = f"{_BLOCK}attention.self."
_MOBILE: Final[HeadMaker] = _mobile_heads

FAMILIES: Final = (
    like_bert(
        ("convbert",),
        steps=(TYPE, positions(), NORM, _PROJECTED),
        attention=heads(ATTENTION, sizes_of=_convbert_sizes),
        remark="Half of block 1's heads are convolutions, which have no queries and keys.",
    ),
    like_bert(
        ("roformer",),
        steps=(TYPE, NORM, _PROJECTED),
        places=rotary(layout="interleaved"),
    ),
    like_bert(
        ("deberta",),
        steps=(positions(), TYPE, _EMBED, NORM),
        places=_biased_input,
        attention=heads(
            Fused((f"{_BLOCK}attention.self.in_proj",), order="heads"),
            after_queries=(added(_query_bias, "bias of the queries", name="block.queries.bias"),),
        ),
        remark=_DISENTANGLED,
    ),
    like_bert(
        ("deberta-v2",),
        steps=(positions(), TYPE, _EMBED, NORM),
        places=_biased_input,
        attention=heads(Separate((f"{_DEBERTA_V2}query_proj",), (f"{_DEBERTA_V2}key_proj",))),
        remark=_DISENTANGLED,
    ),
    like_bert(
        ("mobilebert",),
        steps=(
            when(configured_so("trigram_input"), neighbors),
            projected("embeddings.embedding_transformation", name="projection"),
            positions(),
            TYPE,
            *_mobile_norm("embeddings.LayerNorm", "norm"),
        ),
        attention=_MOBILE,
    ),
)
