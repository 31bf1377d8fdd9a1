"""The path of a model's file → Model: the file is checked, an engine runs its bytes, and a run tries it."""

from pathlib import Path

import onnxruntime

from embedcore.engine.local import LocalEngine
from embedcore.engine.providers import ProviderRequest, choose_providers
from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.model.file import ModelFile, load_model_file
from embedcore.model.model import Model
from embedcore.schemes.outputs import output_axes


def open_file(path: Path, *, provider: ProviderRequest = "auto") -> Model:
    """Open the model file at `path`, and try one run. Raises what `embedcore.open_model` raises."""
    choose_providers(provider, onnxruntime.get_available_providers())  # refused before a large file is read
    file, content = load_model_file(path)
    model = Model(file.metadata, file.sha256, _engine(file, content, provider), source=file)
    _probe(model, file)
    return model


def _engine(file: ModelFile, content: bytes, provider: ProviderRequest) -> LocalEngine:
    """Return an engine of the very bytes that were checked: what lies at the path may be another file by now."""
    axes = output_axes(file.metadata)
    try:
        return LocalEngine(content, axes=axes, stored=file.stored, provider=provider)
    except EmbedcoreError:  # of the provider or a setting, not of the file
        raise
    except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
        msg = f"ONNX Runtime cannot load {file.path.name} ({error}): export it again"
        raise ModelFileError(msg) from error


def _probe(model: Model, file: ModelFile) -> None:
    """Run the first and the last id over many places: the file must really give what its metadata says it gives."""
    metadata = model.metadata
    last, sequence = metadata.n_vocab - 1, min(model.longest, file.n_probed)
    try:
        model.run([last])  # the arena keeps the first piece that it takes: let it be a small one
        model.run([[last] + [0] * (sequence - 1)])
    except ModelFileError as error:
        msg = (
            f"{file.path.name} says it has {metadata.n_vocab:,} rows and {metadata.context_length:,} positions, but a "
            f"run of id {last} and {sequence:,} tokens fails: {error}"
        )
        raise ModelFileError(msg) from error
