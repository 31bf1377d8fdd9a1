"""VectorsKey: the one name of a set of vectors, by which everything computed from them is kept."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.model.id_sets import pack_ids, unpack_ids
from embedcore.model.model import Model
from embedcore.model.stages import STAGES, Stage, stage_vectors


@dataclass(frozen=True, slots=True)
class VectorsKey:
    """Which vectors: of which model, at which stage, of all its rows or of some.

    `model_sha256` is that of the model's file, so a file with another content has other keys. `rows` is a packed set of
    ids, None for all. Where the model runs is no part of it: every engine gives the same vectors.
    """

    model_sha256: str
    stage: Stage
    rows: str | None = None


def table_key(model: Model) -> VectorsKey:
    """Return the key of a model's whole token table."""
    return VectorsKey(model.sha256, STAGES[0])


def vectors_key(model: Model, stage: Stage, token_ids: Int64[np.ndarray, " n"] | None = None) -> VectorsKey:
    """Return the key of the vectors of a model at a stage, of the rows `token_ids`, whatever their order; None: all."""
    return VectorsKey(model.sha256, stage, None if token_ids is None else pack_ids(token_ids, model.metadata.n_vocab))


def read_vectors(key: VectorsKey, model: Model) -> Float32[np.ndarray, "n d_model"]:
    """Return the vectors that `key` names, rows by ascending id; `model` is the one whose sha256 it holds."""
    vectors = stage_vectors(model, key.stage)
    if key.rows is None:
        return vectors
    return np.ascontiguousarray(vectors[unpack_ids(key.rows, model.metadata.n_vocab)])
