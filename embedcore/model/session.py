"""A model file's ONNX Runtime session: made of its checked bytes, and run so that nothing of a run stays in memory."""

from collections.abc import Mapping

import numpy as np
import onnxruntime
from jaxtyping import Int64

from embedcore import contract
from embedcore.engine.sessions import open_session
from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.model.file import ModelFile


def create_session(file: ModelFile, content: bytes, providers: tuple[str, ...]) -> onnxruntime.InferenceSession:
    """Return a session of the very bytes that were checked: what lies at the path may be another file by now."""
    try:
        return open_session(content, providers)
    except EmbedcoreError:  # a setting is wrong, not the file
        raise
    except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
        msg = f"ONNX Runtime cannot load {file.path.name} ({error}): export it again"
        raise ModelFileError(msg) from error


def run_into_arrays(
    session: onnxruntime.InferenceSession,
    shapes: Mapping[str, tuple[int, ...]],
    token_ids: Int64[np.ndarray, "batch sequence"],
) -> dict[str, np.ndarray]:
    """Run on the CPU and return the outputs of `shapes`, in new arrays; beside them, nothing of the run stays.

    ONNX Runtime's arena takes memory in large pieces, which makes a large run up to four times as fast, and by itself
    keeps the most that any run ever took. Here it gives back all but its first piece, which a small run should take.
    WARNING: it could not give back what an output lies in, so outputs lie in numpy's memory. Raises what ONNX Runtime
    raises; it holds each output to its shape.
    """
    outputs = {name: np.empty(shape, np.float32) for name, shape in shapes.items()}
    binding = session.io_binding()
    binding.bind_cpu_input(contract.TOKEN_IDS, token_ids)
    for name, values in outputs.items():
        binding.bind_output(name, "cpu", 0, np.float32, values.shape, values.ctypes.data)
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session.run_with_iobinding(binding, options)
    return outputs
