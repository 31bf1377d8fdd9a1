"""The large weights of a model's file apart from its graph: the session and all who read them share one array."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

LEAST: Final = 1 << 20  # bytes: smaller weights stay in the graph
_NOWHERE: Final = "in memory"  # where a graph says that its weights lie, which the session is given


def taken_out(proto: onnx.ModelProto, skeleton: bytes, is_cut: list[bool]) -> tuple[bytes, Mapping[str, np.ndarray]]:
    """Return the graph of a checked file without its large weights, and these by name, read-only.

    `skeleton` and `is_cut` are those of `cut_weights`. The arrays do not hold on to `proto`.
    """
    if not any(is_cut):
        return skeleton, {}
    graph = onnx.load_model_from_string(skeleton)
    weights = {}
    for whole, tensor, is_large in zip(proto.graph.initializer, graph.graph.initializer, is_cut, strict=True):
        if is_large:
            weights[whole.name] = numpy_helper.to_array(whole)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", _NOWHERE), ("length", str(weights[whole.name].nbytes))):
                tensor.external_data.add(key=key, value=value)
    return graph.SerializeToString(), weights
