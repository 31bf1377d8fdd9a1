"""The weights that the steps of a model's file use: of the file, read once, or of the engine where there is no file."""

from collections.abc import Mapping

import numpy as np

from embedcore.contract import ModelMetadata
from embedcore.engine.engine import Engine
from embedcore.layer.steps import SCALES, weight_names
from embedcore.model.file import ModelFile


def stored_weights(engine: Engine, metadata: ModelMetadata, source: ModelFile | None) -> Mapping[str, np.ndarray]:
    """Return the weights as the file stores them, by name, those in blocks with their scales; none without steps.

    Raises ModelFileError where another file has taken its place.
    """
    names = [name + ending for name in sorted(weight_names(metadata)) for ending in ("", SCALES)]
    if not names:
        return {}
    if source is not None:
        return source.stored_of(names)
    return {name: values for name in names if (values := engine.stored(name)) is not None}
