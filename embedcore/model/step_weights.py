"""The weights that the steps of a model's file use, read through its engine."""

from collections.abc import Mapping

import numpy as np

from embedcore.contract import ModelMetadata
from embedcore.engine.engine import Engine
from embedcore.layer.steps import SCALES, weight_names


def stored_weights(engine: Engine, metadata: ModelMetadata) -> Mapping[str, np.ndarray]:
    """Return the weights as the file stores them, by name, those in blocks with their scales; none without steps.

    Raises ModelFileError where another file has taken its place.
    """
    weights: dict[str, np.ndarray] = {}
    for name in sorted(weight_names(metadata)):
        values = engine.stored(name)
        if values is not None:
            weights[name] = values
        scales = engine.stored(name + SCALES) if values is not None and values.dtype == np.int8 else None
        if scales is not None:
            weights[name + SCALES] = scales
    return weights
