"""Changes to the fields of a model file: names, sizes and types that are not so, parts that no layer has, other files."""

from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from embedcore.files.metadata_text import LARGEST_SIZE
from tests.hostile.toy import Change, node, prop, rehash, store, tensor


def say(key: str, value: str) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        prop(proto, key).value = value

    return change


def outside(location: str) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        table = tensor(proto, "table")
        table.ClearField("raw_data")
        table.data_location = TensorProto.EXTERNAL
        table.external_data.add(key="location", value=location)

    return change


def external_entry_alone(proto: onnx.ModelProto) -> None:
    tensor(proto, "table").external_data.add(key="location", value="/etc/passwd")


def own_function(proto: onnx.ModelProto) -> None:
    function = helper.make_function("own", "f", ["x"], ["y"], [helper.make_node("Identity", ["x"], ["y"])], [])
    proto.functions.append(function)


def training(proto: onnx.ModelProto) -> None:
    proto.training_info.add().algorithm.CopyFrom(proto.graph)


def sparse(proto: onnx.ModelProto) -> None:
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    places = numpy_helper.from_array(np.zeros(1, np.int64), "places")
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [2**31, 2**31]))


def dims(name: str, *sizes: int) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        tensor(proto, name).dims[:] = sizes

    return change


def twice(name: str) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        proto.graph.initializer.append(tensor(proto, name))

    return change


def element_type(where: Literal["input", "output"], number: int) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        getattr(proto.graph, where)[0].type.tensor_type.elem_type = number

    return change


def tensor_type(number: int) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        tensor(proto, "table").data_type = number

    return change


def claim_rows(proto: onnx.ModelProto) -> None:
    """Claim 10⁹ rows, and fold every id into the six that there are."""
    prop(proto, "n_vocab").value = str(10**9)
    store(proto, "five", np.int64(5))
    gather = node(proto, "Gather")
    at = list(proto.graph.node).index(gather)
    kept = list(proto.graph.node)
    gather.input[1] = "folded"
    kept.insert(at, helper.make_node("Min", ["token_ids", "five"], ["folded"]))
    saved = [onnx.NodeProto.FromString(item.SerializeToString()) for item in kept]
    del proto.graph.node[:]
    proto.graph.node.extend(saved)


def claim_context(proto: onnx.ModelProto) -> None:
    """Claim 10¹² positions of a scheme that stores none."""
    prop(proto, "context_length").value = str(10**12)


def endless_positions(proto: onnx.ModelProto) -> None:
    """Compute the positions [sequence, 3] from Range alone, and claim a context of 2³¹ − 1."""
    prop(proto, "context_length").value = str(LARGEST_SIZE)
    gather = proto.graph.node[4]
    assert list(gather.output) == ["position_embeddings_inner"]
    store(proto, "axis", np.array([1]))
    store(proto, "zeros", np.zeros(3, np.float32))
    nodes = [
        helper.make_node("Cast", ["arange"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "axis"], ["column"]),
        helper.make_node("Add", ["column", "zeros"], ["position_embeddings_inner"]),
    ]
    kept = list(proto.graph.node)
    saved = [*kept[:4], *nodes, *kept[5:]]
    saved = [onnx.NodeProto.FromString(item.SerializeToString()) for item in saved]
    del proto.graph.node[:]
    proto.graph.node.extend(saved)
    rehash(proto)


def claim_places(proto: onnx.ModelProto) -> None:
    """Claim more positions than are stored, and store more than the run at opening takes."""
    prop(proto, "context_length").value = "5000"
    table = tensor(proto, "position.table")
    table.CopyFrom(numpy_helper.from_array(np.zeros((4_500, 3), np.float32), table.name))
    rehash(proto)
