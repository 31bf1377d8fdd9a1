"""The path of a model's file → Model: the file is checked, an engine runs its bytes, and a run tries it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from embedcore import contract
from embedcore.engine.local import LocalEngine
from embedcore.engine.providers import ProviderRequest, choose_providers
from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.model.file import ModelFile, load_model_file
from embedcore.model.model import Model
from embedcore.model.probe import probe
from embedcore.schemes.outputs import output_axes


def open_file(path: Path, *, provider: ProviderRequest = "auto") -> Model:
    """Open the model file at `path`, and try one run. Raises what `embedcore.open_model` raises."""
    choose_providers(provider, onnxruntime.get_available_providers())  # refused before a large file is read
    file, graph, weights = load_model_file(path)
    engine = _engine(file, graph, weights, provider)
    model = Model(file.metadata, file.sha256, engine, source=file, held_table=weights.get(contract.TABLE))
    probe(model, file.n_probed)
    return model


def _engine(file: ModelFile, graph: bytes, weights: Mapping[str, np.ndarray], provider: ProviderRequest) -> LocalEngine:
    """Return an engine of the very bytes that were checked: what lies at the path may be another file by now."""
    axes = output_axes(file.metadata)
    try:
        return LocalEngine(graph, weights=weights, axes=axes, stored=file.stored, provider=provider)
    except EmbedcoreError:  # of the provider or a setting, not of the file
        raise
    except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
        msg = f"ONNX Runtime cannot load {file.path.name} ({error}): export it again"
        raise ModelFileError(msg) from error
