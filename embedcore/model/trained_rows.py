"""Which rows of a table training never touched, where a model's file says so."""

import numpy as np
from jaxtyping import Bool, Int64

from embedcore.contract import TRAINED_TOKEN_IDS, ModelMetadata
from embedcore.model.id_sets import unpack_ids


def untouched(metadata: ModelMetadata) -> Bool[np.ndarray, " n_vocab"] | None:
    """Return which rows training never touched; None where the file does not say.

    Raises ModelFileError if what the file says cannot be read.
    """
    packed = metadata.provenance.get(TRAINED_TOKEN_IDS)
    if packed is None:
        return None
    mask = np.ones(metadata.n_vocab, bool)
    mask[unpack_ids(packed, metadata.n_vocab)] = False
    return mask


def untouched_ids(metadata: ModelMetadata) -> Int64[np.ndarray, " n"]:
    """Return the ids of the rows that training never touched; none where the file does not say."""
    mask = untouched(metadata)
    return np.zeros(0, np.int64) if mask is None else np.flatnonzero(mask).astype(np.int64)
