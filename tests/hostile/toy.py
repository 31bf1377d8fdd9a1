"""The toy's model as a message of ONNX, its parts by name, and a changed copy of it as a file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, numpy_helper

from embedcore import contract
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import weights

Change = Callable[[onnx.ModelProto], object]  # of a model, in place

TOY = MODELS_FOLDER / "toy.onnx"
ROWS = "token_embeddings_inner"  # the rows before they are given out: what other operators read


def toy() -> onnx.ModelProto:
    return onnx.load(TOY)


def hostile(path: Path, change: Change) -> Path:
    """Write the toy with `change` done to it."""
    proto = toy()
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def prop(proto: onnx.ModelProto, key: str) -> onnx.StringStringEntryProto:
    return next(prop for prop in proto.metadata_props if prop.key == f"embedcore.{key}")


def tensor(proto: onnx.ModelProto, name: str) -> TensorProto:
    return next(tensor for tensor in proto.graph.initializer if tensor.name == name)


def node(proto: onnx.ModelProto, op_type: str) -> onnx.NodeProto:
    return next(node for node in proto.graph.node if node.op_type == op_type)


def store(proto: onnx.ModelProto, name: str, values: ArrayLike) -> None:
    proto.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def insert(proto: onnx.ModelProto, *nodes: onnx.NodeProto) -> None:
    """Put nodes before the sum, whose first input becomes the last node's output."""
    kept = [onnx.NodeProto.FromString(item.SerializeToString()) for item in proto.graph.node]
    place = next(index for index, item in enumerate(kept) if item.op_type == "Add")
    kept[place].input[0] = nodes[-1].output[0]
    del proto.graph.node[:]
    proto.graph.node.extend([*kept[:place], *nodes, *kept[place:]])


def rehash(proto: onnx.ModelProto) -> None:
    prop(proto, "weights_sha256").value = contract.weights_digest(weights(proto))
