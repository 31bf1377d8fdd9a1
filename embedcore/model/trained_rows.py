"""Which rows of a table training never touched, where a model's file says so."""

import numpy as np
from jaxtyping import Bool, Int64

from embedcore.contract import SEED, TRAINED_TOKEN_IDS, ModelMetadata
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


def are_untouched(metadata: ModelMetadata, token_ids: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Return which of `token_ids` have a row that training never touched; none where the file does not say.

    An id without a row in the table has none that could be untouched. Raises ModelFileError if what the file says
    cannot be read.
    """
    return np.isin(token_ids, untouched_ids(metadata))


def is_nothing_trained(metadata: ModelMetadata) -> bool:
    """Return whether the file was drawn from a seed and never trained: the seed is all that its provenance says."""
    return set(metadata.provenance) == {SEED}


def trained_ids(metadata: ModelMetadata) -> Int64[np.ndarray, " n"]:
    """Return the ids of the rows that training met, ascending: all where the file does not say.

    Raises ModelFileError if what the file says cannot be read.
    """
    mask = untouched(metadata)
    return np.flatnonzero(np.ones(metadata.n_vocab, bool) if mask is None else ~mask).astype(np.int64)
