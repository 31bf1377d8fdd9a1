"""The one place that makes ONNX Runtime sessions, and so the one place that chooses their options."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnxruntime
from onnx import helper

from embedcore.engine.providers import CUDA
from embedcore.engine.threads import n_threads


def open_session(
    model: bytes | Path,
    providers: tuple[str, ...],
    *,
    has_arena: bool = True,
    weights: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> onnxruntime.InferenceSession:
    """Return a new session of an ONNX file, or of its bytes, on `providers`, as `choose_providers` gives them.

    `has_arena`: memory of a run stays with the session for the next one, which saves half the time of a large run.
    `weights`: those that the model leaves out, by name. On the CPU the session uses them where they lie.
    Raises what ONNX Runtime raises where it cannot load the model, and EmbedcoreError for a bad `EMBEDCORE_THREADS`.
    """
    if CUDA in providers:
        onnxruntime.preload_dlls()
    # TF32 is on by default and keeps 11 bits of a product's factors: float32's 24 are what the library promises.
    with_options = [(provider, {"use_tf32": "0"} if provider == CUDA else {}) for provider in providers]
    options = session_options(has_arena=has_arena)
    values: dict[str, onnxruntime.OrtValue] = {}
    if weights:
        # As external ones they take the place of what the file leaves out; as shared ones they are not copied.
        values = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(
                array, helper.np_dtype_to_tensor_dtype(array.dtype)
            )
            for name, array in weights.items()
        }
        options.add_external_initializers(list(values), list(values.values()))
        if CUDA not in providers:
            for name, value in values.items():
                options.add_initializer(name, value)
    session = onnxruntime.InferenceSession(model, options, providers=with_options)
    session._embedcore_weights = (values, weights)  # it points into them
    if CUDA not in providers:
        # It keeps the bytes for a second session, should a provider fail: on the CPU alone there is none to change to.
        session._model_bytes = None
    return session


def session_options(*, has_arena: bool = True) -> onnxruntime.SessionOptions:
    """Return the options of a session: threads as `n_threads` says, which sleep between runs, and no log."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads()
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = has_arena
    # Threads that wait by spinning would hold a core that another reader's page needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # failures come back as exceptions; the log would hold readers' ids
    return options
