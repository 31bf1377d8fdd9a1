"""The generic graphs: tiny ONNX files whose parameters are inputs, so that one file serves every setting."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from embedcore.providers import CPU, CUDA

GRAPHS: Final = Path(__file__).parent / "graphs"


def run_graph(name: str, **inputs: np.ndarray | float | int | bool) -> Mapping[str, np.ndarray]:
    """Run `graphs/NAME.onnx` on the CPU and return its outputs by name; inputs take the types that the graph asks."""
    session = _session(name)
    feed: dict[str, np.ndarray] = {
        value.name: np.asarray(inputs[value.name], _TYPES[value.type]) for value in session.get_inputs()
    }
    names = [value.name for value in session.get_outputs()]
    # ONNX Runtime's int64 is C's long long: the same bits as numpy's, but not the same name.
    values = [value.view(np.int64) if value.dtype == np.int64 else value for value in session.run(names, feed)]
    return dict(zip(names, values, strict=True))


def open_graph(name: str, providers: tuple[str, ...], *, has_arena: bool) -> onnxruntime.InferenceSession:
    """Return a new session of `graphs/NAME.onnx` on `providers`, as `choose_providers` gives them.

    `has_arena`: memory of a run stays with the session for the next one, which saves half the time of a large run.
    """
    if CUDA in providers:
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = has_arena
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    # TF32 is on by default and keeps 11 bits of a product's factors: float32's 24 are what the library promises.
    told = [(provider, {"use_tf32": "0"} if provider == CUDA else {}) for provider in providers]
    return onnxruntime.InferenceSession(GRAPHS / f"{name}.onnx", options, providers=told)


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    return open_graph(name, (CPU,), has_arena=False)  # scores of a long text would stay in memory for good


_TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}
