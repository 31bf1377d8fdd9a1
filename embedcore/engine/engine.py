"""Engine: what runs the graph of a model, here or elsewhere; all that a `Model` knows of it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedcore.engine.providers import ProviderReport


@runtime_checkable
class Engine(Protocol):
    """Runs one model's graph: a local ONNX Runtime session (`LocalEngine`), or a server that holds the model.

    It is safe to share between threads. It may raise what it likes where a run fails: the model names the run and its
    file beside it. An EmbedcoreError passes as it is, for what is not the file's fault (a server that cannot be
    reached), and so must hold a remedy.
    """

    @property
    def provider_report(self) -> ProviderReport:
        """What the graph really runs on, and why."""
        ...

    def run(self, names: Sequence[str], token_ids: Int64[np.ndarray, "batch sequence"]) -> Mapping[str, np.ndarray]:
        """Return the outputs `names` of the contract, float32, for ids that were checked. The model checks the shapes.

        The arrays are the caller's: the engine does not write into them later.
        """
        ...

    def stored(self, name: str) -> np.ndarray | None:
        """Return the weights that the file stores under `name`, one of the contract's, as they are; None if none."""
        ...

    def close(self) -> None:
        """Release what the engine holds. A run afterwards raises EmbedcoreError; a second close does nothing."""
        ...
