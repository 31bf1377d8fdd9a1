"""The generic graphs in both runtimes: the torch module that is exported, and the saved file in ONNX Runtime."""

from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
import torch
from numpy.typing import ArrayLike

import embedcore
from embedcore.nn import GRAPHS

FOLDER = Path(embedcore.__file__).parent / "engine" / "graphs"
DTYPES: dict[str, type[np.generic]] = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class Run(Protocol):
    """A function that runs a generic graph by its name, and returns its outputs by their names."""

    def __call__(self, name: str, **inputs: ArrayLike) -> dict[str, np.ndarray]: ...


def by_torch(name: str, **inputs: ArrayLike) -> dict[str, np.ndarray]:
    """Run the torch module of graph `name` and return its outputs by name."""
    graph = GRAPHS[name]
    given = [
        torch.as_tensor(np.asarray(inputs[key]), dtype=example.dtype) for key, (example, _) in graph.inputs.items()
    ]
    with torch.no_grad():
        outputs = graph.module(*given)
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
    return {key: value.numpy() for key, value in zip(graph.outputs, outputs, strict=True)}


def by_onnx(name: str, **inputs: ArrayLike) -> dict[str, np.ndarray]:
    """Run `embedcore/engine/graphs/NAME.onnx` in ONNX Runtime on the CPU and return its outputs by name."""
    session = _session(name)
    given: dict[str, np.ndarray] = {
        value.name: np.asarray(inputs[value.name], DTYPES[value.type]) for value in session.get_inputs()
    }
    return dict(zip((value.name for value in session.get_outputs()), session.run(None, given), strict=True))


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 4  # a refused input is raised; it need not be printed too
    return onnxruntime.InferenceSession(FOLDER / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
