"""The generic graphs in both runtimes: the torch module that is exported, and the saved file in ONNX Runtime."""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import embedcore
from embedcore.nn import GRAPHS

FOLDER = Path(embedcore.__file__).parent / "engine" / "graphs"
DTYPES = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


def by_torch(name, **inputs):
    """Run the torch module of graph `name` and return its outputs by name."""
    graph = GRAPHS[name]
    given = [
        torch.as_tensor(np.asarray(inputs[key]), dtype=example.dtype) for key, (example, _) in graph.inputs.items()
    ]
    with torch.no_grad():
        outputs = graph.module(*given)
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
    return {key: value.numpy() for key, value in zip(graph.outputs, outputs, strict=True)}


def by_onnx(name, **inputs):
    """Run `embedcore/engine/graphs/NAME.onnx` in ONNX Runtime on the CPU and return its outputs by name."""
    session = _session(name)
    given = {value.name: np.asarray(inputs[value.name], DTYPES[value.type]) for value in session.get_inputs()}
    return dict(zip((value.name for value in session.get_outputs()), session.run(None, given), strict=True))


@cache
def _session(name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 4  # a refused input is raised; it need not be printed too
    return onnxruntime.InferenceSession(FOLDER / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
