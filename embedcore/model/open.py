"""A model's name, or the path of its file → Model."""

from pathlib import Path

from embedcore.engine.providers import ProviderRequest
from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.model.open_file import open_file


def open_model(name_or_path: str | Path, *, provider: ProviderRequest = "auto") -> Model:
    """Open a model by its catalog name or its file's path, and try one run.

    Raises ModelFileError if there is no such file, or it is broken, altered or breaks the contract;
    ProviderUnavailable if CUDA is asked for and cannot be had.

    >>> open_model("toy").run([3]).token_embeddings[0, 0]
    array([-0.4015,  0.9666, -1.1481], dtype=float32)
    """
    return open_file(catalog.find(name_or_path), provider=provider)
