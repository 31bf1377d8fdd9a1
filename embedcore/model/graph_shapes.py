"""The shape of every value of a model's graph, known before any of it runs.

An axis is `per_token` · sequence + `fixed`, or the batch. The values of small whole numbers are followed where they
make a size (`Range`, `Reshape`). What cannot be told is refused.
"""

import math

import onnx
from onnx import AttributeProto, numpy_helper

from embedcore import contract
from embedcore.model.graph_check import STORED_TYPES
from embedcore.model.graph_extent import BATCH, Extent, UnknownSize, Value, checked
from embedcore.model.graph_rules import RULES, elementwise


def graph_values(graph: onnx.GraphProto) -> dict[str, Value]:
    """Return every value that a run makes, by name. Raises UnknownSize where a size depends on what is computed."""
    known = {tensor.name: _stored(tensor) for tensor in graph.initializer}
    known[contract.TOKEN_IDS] = Value((BATCH, Extent(1, 0)), 8)
    made = {}
    for node in graph.node:
        unknown = [name for name in node.input if name and name not in known]
        if unknown:
            msg = f"{node.op_type} takes {unknown[0][:60]!r}, which nothing before it gives"
            raise UnknownSize(msg)
        inputs = [known[name] for name in node.input if name]
        attributes = {
            inner.name: list(inner.ints) if inner.type == AttributeProto.INTS else inner.i for inner in node.attribute
        }
        try:
            value = RULES.get(node.op_type, elementwise)(node, inputs, attributes)
        except (IndexError, KeyError, ValueError) as error:
            msg = f"the inputs or attributes of {node.op_type} do not fit together"
            raise UnknownSize(msg) from error
        if len(value.axes) > contract.MOST_AXES:
            msg = f"{node.op_type} gives {len(value.axes)} axes, and {contract.MOST_AXES} is the most"
            raise UnknownSize(msg)
        known[node.output[0]] = made[node.output[0]] = value
    return made


def _stored(tensor: onnx.TensorProto) -> Value:
    width = STORED_TYPES[tensor.data_type][0]
    axes = tuple(Extent(0, size) for size in tensor.dims)
    is_few = tensor.data_type == onnx.TensorProto.INT64 and len(axes) <= 1 and math.prod(tensor.dims) <= 8
    numbers = numpy_helper.to_array(tensor).reshape(-1).tolist() if is_few else None
    return Value(axes, width, None if numbers is None else checked(Extent(0, number) for number in numbers))
