"""Encoder–decoder families like T5: rows enter block 1 as they are, and attention adds a number for each distance."""

from typing import Final

import numpy as np

from export.families.checkpoint import Checkpoint
from export.families.family import Building, Family, Heads
from export.families.make_heads import Separate, heads
from export.families.make_positions import t5_bias
from export.families.make_special_steps import added
from export.families.make_steps import rms_norm

_LAYER: Final = "encoder.block.0.layer.0."
_KINDS: Final = ("SelfAttention", "LocalSelfAttention", "TransientGlobalSelfAttention")
_BIAS: Final = t5_bias(*(f"{_LAYER}{kind}.relative_attention_bias.weight" for kind in _KINDS))
_HEADS: Final = heads(
    Separate(tuple(f"{_LAYER}{kind}.q" for kind in _KINDS), tuple(f"{_LAYER}{kind}.k" for kind in _KINDS)),
    before=(rms_norm(f"{_LAYER}layer_norm", name="block.norm", epsilon=("layer_norm_epsilon",)),),
    sizes_of=lambda building: _sizes(building),
)
_TABLE: Final = ("shared.weight", "encoder.embed_tokens.weight")
_OF_ENCODER: Final = "This is the input of the encoder."


def _sizes(building: Building) -> Heads:
    n_heads = building.checkpoint.size("num_attention_heads", "num_heads")
    return Heads(n_heads, n_heads, building.checkpoint.size("head_dim", "d_kv"))


def _box(checkpoint: Checkpoint) -> np.ndarray:
    """Return UDOP's rows of a box of no size at place 0: left and right, upper and lower."""
    cell = "encoder.cell_2d_embedding."
    rows = [checkpoint.read(f"{cell}{side}_position_embeddings.weight", rows=slice(0, 1))[0] for side in "xyxy"]
    return np.sum([row.astype(np.float64) for row in rows], axis=0)


FAMILIES: Final = (
    Family(
        ("t5", "mt5", "umt5", "switch_transformers", "pop2piano"),
        _TABLE,
        positions=_BIAS,
        heads=_HEADS,
        remark=_OF_ENCODER,
        prefixes=("", "transformer."),
    ),
    Family(
        ("udop",),
        _TABLE,
        steps=(added(_box, "box", name="box"),),
        positions=_BIAS,
        heads=_HEADS,
        remark=f"{_OF_ENCODER} A plain text has no boxes: every token gets the rows of a box of no size at place 0. "
        "Attention also adds numbers for the distances of boxes, which the file does not hold.",
    ),
    Family(
        ("longt5",),
        _TABLE,
        positions=_BIAS,
        heads=_HEADS,
        remark=f"{_OF_ENCODER} It looks at keys within a window, and where it says so at summaries of blocks too.",
    ),
)
