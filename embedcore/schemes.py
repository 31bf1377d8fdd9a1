"""Positional schemes as tiny ONNX graphs whose parameters are inputs: one file serves every setting."""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from jaxtyping import Float32

from embedcore.errors import ShapeError

GRAPHS: Final = Path(__file__).parent / "graphs"


def sinusoidal(n_positions: int, d_model: int, *, base: float = 10_000.0) -> Float32[np.ndarray, "n_positions d_model"]:
    """Return the sine and cosine positions that `graphs/sinusoidal.onnx` gives.

    n_positions ≥ 1; d_model even, ≥ 2; base > 0. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> sinusoidal(1, 4)[0]   →   [0, 1, 0, 1]
    """
    if n_positions < 1:
        msg = f"{n_positions} positions were asked for, but 1 is the least"
        raise ShapeError(msg)
    if d_model < 2 or d_model % 2:
        msg = f"d_model is {d_model}, but sine and cosine come in pairs: choose an even width, {d_model + 1} say"
        raise ShapeError(msg)
    if not 0 < base < float("inf"):
        msg = f"base is {base:g}, but must be above 0 and finite: the paper takes 10000"
        raise ShapeError(msg)
    inputs = {
        "positions": np.arange(n_positions, dtype=np.float64),
        "pairs": np.arange(d_model // 2, dtype=np.float64),
        "base": np.array(base, dtype=np.float64),
    }
    waves: np.ndarray = _session("sinusoidal").run(None, inputs)[0]
    return waves


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(GRAPHS / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
