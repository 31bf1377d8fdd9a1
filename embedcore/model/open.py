"""A model's name, the path of its file, or its address at an engine → Model."""

from pathlib import Path

from embedcore.engine.providers import ProviderRequest
from embedcore.engine.registry import is_address
from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.model.open_address import open_address
from embedcore.model.open_file import open_file


def open_model(name_or_path: str | Path, *, provider: ProviderRequest = "auto") -> Model:
    """Open a model by its catalog name, its file's path, or an address such as "numpy://toy.npz", and try one run.

    An address is opened by the engine of its prefix (`embedcore.engine.declaration`). Raises ModelFileError if there is
    no such file or engine, or the model is broken, altered or breaks the contract;
    ProviderUnavailable if CUDA is asked for and cannot be had.

    >>> open_model("toy").run([3]).token_embeddings[0, 0]
    array([-0.4015,  0.9666, -1.1481], dtype=float32)
    """
    if is_address(name_or_path):
        return open_address(str(name_or_path), provider=provider)
    return open_file(catalog.find(name_or_path), provider=provider)
