"""The input layer of language models, with real numbers: text → tokens → rows → positions → sums → maps.

>>> import embedcore
>>> model = embedcore.open_model("pydoc-gpt")
>>> text = model.tokenizer.encode("The cat sat on the mat")
>>> model.run(text.token_ids).input_embeddings.shape
(1, 6, 64)
"""

import os

# ONNX Runtime reads this once, when it is loaded, and without it opens a connection to its vendor some ten seconds
# later. WARNING: a program that imports onnxruntime before embedcore must set it as well.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from embedcore.errors import (
    EmbedcoreError,
    ModelFileError,
    ParityError,
    ProviderUnavailable,
    SequenceTooLong,
    ShapeError,
    TokenizationError,
    UnknownTokenId,
)
from embedcore.maps.linear import LinearProjection, Projection
from embedcore.maps.project import project
from embedcore.model.model import InputLayer, Model
from embedcore.model.open import open_model
from embedcore.space.neighbors import NeighborIndex, Neighbors, neighbors
from embedcore.tokens.tokenizer import Tokenization, Tokenizer, get_tokenizer
from embedcore.tokens.windows import Batch, windows

__version__ = "0.1.0"  # the one place: the build reads it here

__all__ = [
    "Batch",
    "EmbedcoreError",
    "InputLayer",
    "LinearProjection",
    "Model",
    "ModelFileError",
    "NeighborIndex",
    "Neighbors",
    "ParityError",
    "Projection",
    "ProviderUnavailable",
    "SequenceTooLong",
    "ShapeError",
    "Tokenization",
    "TokenizationError",
    "Tokenizer",
    "UnknownTokenId",
    "get_tokenizer",
    "neighbors",
    "open_model",
    "project",
    "windows",
]
