"""The input layer of language models, with real numbers: text → tokens → rows → positions → sums → maps.

>>> import embedcore
>>> model = embedcore.open_model("pydoc-gpt")
>>> text = model.tokenizer.encode("The cat sat on the mat")
>>> model.run(text.token_ids).input_embeddings.shape   →   (1, 6, 64)
"""

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
from embedcore.neighbors import NeighborIndex, Neighbors, neighbors
from embedcore.projection import LinearProjection, Projection, project
from embedcore.runtime import InputLayer, Model, open_model
from embedcore.tokens import Tokenization, Tokenizer, get_tokenizer
from embedcore.windows import Batch, windows

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
