"""Encoders of pages: BERT's rows, and the rows of boxes, columns or paths that a plain text has: always the same."""

from typing import Final

import numpy as np

from export.families.checkpoint import Checkpoint
from export.families.make_special_steps import added
from export.families.make_steps import added_row, positions
from export.families.rows.encoders import NORM, TYPE, like_bert
from export.families.rows.roberta import COUNTED, COUNTED_PLACES

_BOX: Final = ("x", "y", "x", "y", "h", "w")  # left, upper, right, lower, height, width


def _box_rows(checkpoint: Checkpoint) -> list[np.ndarray]:
    """Return the rows of a box of no size at place 0."""
    return [checkpoint.read(f"embeddings.{side}_position_embeddings.weight", rows=slice(0, 1))[0] for side in _BOX]


def _sum_of_box(checkpoint: Checkpoint) -> np.ndarray:
    return np.sum([row.astype(np.float64) for row in _box_rows(checkpoint)], axis=0)


def _joined_box(checkpoint: Checkpoint) -> np.ndarray:
    return np.concatenate(_box_rows(checkpoint))


def _no_path(checkpoint: Checkpoint) -> np.ndarray:
    """Return what MarkupLM makes of a token without a path: the padding tags, through two layers and a ReLU."""
    path = "embeddings.xpath_embeddings."
    tag, place = checkpoint.size("tag_pad_id"), checkpoint.size("subs_pad_id")
    depth = checkpoint.size("max_depth")
    tags = [checkpoint.read(f"{path}xpath_tag_sub_embeddings.{level}.weight")[tag] for level in range(depth)]
    places = [checkpoint.read(f"{path}xpath_subs_sub_embeddings.{level}.weight")[place] for level in range(depth)]
    joined = np.concatenate(tags).astype(np.float64) + np.concatenate(places)
    for layer in ("xpath_unitseq2_inner", "inner2emb"):
        matrix, bias = (checkpoint.read(f"{path}{layer}.{part}").astype(np.float64) for part in ("weight", "bias"))
        joined = matrix @ joined + bias
        if layer == "xpath_unitseq2_inner":
            joined = np.maximum(joined, 0)
    return joined


_N_TYPES: Final = 7  # of TAPAS: segment, column, row, previous label, ranks and relation
_PLAIN: Final = "A plain text has no boxes: every token gets the rows of a box of no size at place 0."

FAMILIES: Final = (
    like_bert(("layoutlm",), steps=(positions(), added(_sum_of_box, "box", name="box"), TYPE, NORM), remark=_PLAIN),
    like_bert(
        ("layoutlmv2",),
        steps=(positions(), added(_joined_box, "box", name="box"), TYPE, NORM),
        remark=f"{_PLAIN} The picture's vectors follow the text, which the file does not hold.",
    ),
    like_bert(
        ("layoutlmv3",),
        steps=(TYPE, COUNTED, added(_joined_box, "box", name="box"), NORM),
        places=COUNTED_PLACES,
        remark=_PLAIN,
    ),
    like_bert(
        ("markuplm",),
        steps=(COUNTED, TYPE, added(_no_path, "path", name="path"), NORM),
        places=COUNTED_PLACES,
        remark="A plain text has no paths: every token gets what the model makes of a missing one.",
    ),
    like_bert(
        ("tapas",),
        steps=(
            positions(),
            *(
                added_row(f"embeddings.token_type_embeddings_{kind}.weight", 0, f"type {kind}", name=f"type_{kind}")
                for kind in range(_N_TYPES)
            ),
            NORM,
        ),
        remark="A plain text is no table: every token gets row 0 of each of the seven types.",
    ),
    like_bert(
        ("vilt",),
        steps=(
            TYPE,
            positions(),
            NORM,
            added_row("token_type_embeddings.weight", 0, "text, not picture", name="modality", is_optional=False),
        ),
        remark="The picture's vectors follow the text, which the file does not hold.",
    ),
)
