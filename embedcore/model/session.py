"""A model file's ONNX Runtime session: made of its checked bytes, and run so that nothing of a run stays in memory."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnxruntime
from jaxtyping import Int64

from embedcore import contract
from embedcore.engine.providers import CUDA
from embedcore.errors import ModelFileError
from embedcore.model.file import ModelFile

_N_THREADS: Final = 2


def create_session(file: ModelFile, content: bytes, providers: tuple[str, ...]) -> onnxruntime.InferenceSession:
    """Return a session of the very bytes that were checked: what lies at the path may be another file by now."""
    if CUDA in providers:
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _N_THREADS
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # a session's failures come back as exceptions; its log would hold readers' ids
    try:
        session = onnxruntime.InferenceSession(content, options, providers=list(providers))
    except Exception as error:  # as above
        msg = f"ONNX Runtime cannot load {file.path.name} ({error}): export it again"
        raise ModelFileError(msg) from error
    if CUDA not in providers:
        # It keeps the bytes for a second session, should a provider fail: on the CPU alone there is none to change to.
        session._model_bytes = None
    return session


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
