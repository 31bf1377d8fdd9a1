"""Rewrites what torch's exporter writes, so that every runtime and converter takes it, with the same numbers."""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_QUARTER = "quarter_turn"


def replace_cosines(proto: onnx.ModelProto) -> None:
    """Write each float64 cosine as sin(x + π/2): ONNX Runtime before 1.29 has no kernel for the cosine.

    The sum rounds the angle once more, by 2⁻⁵³ of it, which no float32 result shows.
    """
    graph = proto.graph
    types = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    places = [index for index, node in enumerate(graph.node) if node.op_type == "Cos"]
    places = [index for index in places if types.get(graph.node[index].input[0]) == TensorProto.DOUBLE]
    if not places:
        return
    graph.initializer.append(numpy_helper.from_array(np.array(math.pi / 2, np.float64), _QUARTER))
    for index in reversed(places):
        node = graph.node[index]
        angles, moved = node.input[0], f"{node.output[0]}_angles"
        added = helper.make_node("Add", [angles, _QUARTER], [moved], name=f"{node.name}_quarter")
        node.CopyFrom(helper.make_node("Sin", [moved], list(node.output), name=node.name))
        graph.node.insert(index, added)


def separate_outputs(proto: onnx.ModelProto) -> None:
    """Give each output that another operator reads too a value of its own, by an Identity.

    A converter to float16 that keeps the types of the outputs puts a cast behind each, and loses those that read it.
    """
    graph = proto.graph
    read = {name for node in graph.node for name in node.input}
    for output in graph.output:
        if output.name not in read:
            continue
        inner = f"{output.name}_inner"
        for node in graph.node:
            node.input[:] = [inner if name == output.name else name for name in node.input]
            node.output[:] = [inner if name == output.name else name for name in node.output]
        graph.node.append(helper.make_node("Identity", [inner], [output.name], name=f"node_{output.name}"))
