"""Encoders like RoBERTa: padding tokens are not counted as places, and have a position vector of their own."""

from collections.abc import Sequence
from typing import Final

from export.families.family import Family, StepMaker
from export.families.make_heads import Separate, heads
from export.families.make_positions import after_padding, learned, padding_row
from export.families.make_steps import layer_norm, padding_id, positions
from export.families.rows.encoders import ATTENTION, EPSILON, INSIDE, NORM, PLACES, TYPE, WORDS, like_bert

COUNTED: Final = positions(padding=padding_id)
COUNTED_PLACES: Final = learned(PLACES, offset=after_padding, padding=padding_row)
_TEXT_SIDES: Final = ("altclip_text_model", "bridgetower_text_model", "clap_text_model")
_MPNET: Final = "encoder.layer.0.attention.attn."


def _before(norm: str) -> tuple[StepMaker, ...]:
    return (layer_norm(f"encoder.layer.0.attention.{norm}", name="block.norm", epsilon=EPSILON),)


def like_roberta(types: Sequence[str], remark: str = "") -> Family:
    """Return the row of families that count places as RoBERTa does and keep BERT's names."""
    return like_bert(types, steps=(TYPE, COUNTED, NORM), places=COUNTED_PLACES, remark=remark)


FAMILIES: Final = (
    like_roberta(
        ("roberta", "xlm-roberta", "camembert", "data2vec-text", "xmod", "ibert", *_TEXT_SIDES),
    ),
    like_roberta(("luke",), "Entities have a table and a stream of their own, which the file does not hold."),
    like_roberta(
        ("longformer",),
        "Tokens with global attention have queries and keys of their own, which the file does not hold; transformers "
        "also fills the text up with padding to a multiple of the window.",
    ),
    like_roberta(("lilt",), "Boxes have a stream of their own, which the file does not hold."),
    like_bert(
        ("roberta-prelayernorm",),
        steps=(TYPE, COUNTED, NORM),
        places=COUNTED_PLACES,
        attention=heads(ATTENTION, before=_before("LayerNorm")),
    ),
    like_bert(
        ("xlm-roberta-xl",),
        steps=(TYPE, COUNTED),
        places=COUNTED_PLACES,
        attention=heads(ATTENTION, before=_before("self_attn_layer_norm")),
    ),
    Family(
        ("mpnet",),
        WORDS,
        steps=(COUNTED, NORM),
        positions=COUNTED_PLACES,
        heads=heads(Separate((f"{_MPNET}q",), (f"{_MPNET}k",))),
        prefixes=INSIDE,
        remark="Attention adds a learned number for each distance too, as T5 does, which the file does not hold.",
    ),
)
