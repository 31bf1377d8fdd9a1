"""What the file of an engine declares: the addresses that it opens, and how."""

from collections.abc import Callable
from dataclasses import dataclass

from embedcore.contract import ModelMetadata
from embedcore.engine.engine import Engine
from embedcore.engine.providers import ProviderRequest


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A model that an engine has opened: what it says of itself, the sha256 of its file, and the engine that runs it.

    `sha256` is the name of the model's numbers in every cache: two models with other numbers have other ones.
    """

    metadata: ModelMetadata
    sha256: str
    engine: Engine


@dataclass(frozen=True, slots=True)
class Declaration:
    """An engine as the house knows it; `DECLARED` of its file lists it.

    `prefix` is what stands before `://` in the addresses that it opens. `open` takes what stands behind, and where the
    model is to run; it raises ModelFileError where there is no such model, ProviderUnavailable where it cannot run
    there, and EmbedcoreError, with the remedy, for what else is in the way: a server that does not answer, say.
    """

    prefix: str
    open: Callable[[str, ProviderRequest], Opened]
