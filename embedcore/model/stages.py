"""The two stages of a vocabulary's vectors: the rows of the table, and what enters block 1 at the first position."""

from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Float32

from embedcore.errors import ShapeError
from embedcore.model.model import Model

Stage = Literal["token vectors", "sums at position 0"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
_IDS_AT_ONCE: Final = 8192


def stage_vectors(model: Model, stage: str) -> Float32[np.ndarray, "n_vocab d_model"]:
    """Return every id's vector at a stage, from the model's file: "token vectors", or "sums at position 0".

    Raises ShapeError for another stage.
    """
    if checked_stage(stage) == "token vectors":
        return model.table
    ids = np.arange(model.metadata.n_vocab)
    parts = [
        model.run(ids[start : start + _IDS_AT_ONCE, None]).input_embeddings[:, 0]
        for start in range(0, len(ids), _IDS_AT_ONCE)
    ]
    return np.concatenate(parts)


def checked_stage(stage: str) -> Stage:
    """Return `stage`, which is one of STAGES. Raises ShapeError for another."""
    for known in STAGES:
        if stage == known:
            return known
    msg = f"there is no stage {stage!r}: choose {' or '.join(STAGES)}"
    raise ShapeError(msg)
