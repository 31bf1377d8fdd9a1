"""What a model file's graph may consist of, checked on its bytes before a session is made of it.

The contract's operators with the attributes that the export writes, and weights that lie in the file and fill their
shapes. Nothing here that runs code of its own, reads another file or repeats itself: no loops, conditions, sequences,
functions, subgraphs, external or sparse weights.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from onnx import AttributeProto, TensorProto

from embedcore import contract

# The types that the export stores, the bytes of a number, and the field that holds them where raw_data does not.
STORED_TYPES: Final[Mapping[int, tuple[int, str]]] = {
    TensorProto.FLOAT: (4, "float_data"),
    TensorProto.FLOAT16: (2, "int32_data"),
    TensorProto.DOUBLE: (8, "double_data"),
    TensorProto.INT64: (8, "int64_data"),
    TensorProto.BOOL: (1, "int32_data"),
    TensorProto.INT8: (1, "int32_data"),
}
_SINGLE: Final = (Message, str, bytes, int, float)
_TYPED: Final = ("float_data", "int32_data", "int64_data", "double_data")
_ATTRIBUTE_TYPES: Final = (AttributeProto.INT, AttributeProto.INTS, AttributeProto.FLOAT)
# The fields that the export writes, notes that other tools add, and those whose breach has words of its own.
_MODEL_FIELDS: Final = frozenset(
    {
        "ir_version",
        "opset_import",
        "producer_name",
        "producer_version",
        "domain",
        "model_version",
        "doc_string",
        "graph",
        "metadata_props",
    }
)
_GRAPH_FIELDS: Final = frozenset(
    {"node", "name", "initializer", "doc_string", "input", "output", "value_info", "metadata_props"}
)
_NODE_FIELDS: Final = frozenset(
    {"input", "output", "name", "op_type", "domain", "attribute", "doc_string", "metadata_props"}
)
_ATTRIBUTE_FIELDS: Final = frozenset({"name", "type", "i", "f", "ints", "doc_string"})
_TENSOR_FIELDS: Final = frozenset(
    {
        "dims",
        "data_type",
        "name",
        "doc_string",
        "raw_data",
        "float_data",
        "int32_data",
        "int64_data",
        "double_data",
        "metadata_props",
        "data_location",
        "external_data",
    }
)


def graph_breaches(proto: onnx.ModelProto) -> list[str]:
    """Return, in words, what the file holds that the contract does not list; empty when it holds nothing else."""
    if any(isinstance(text, bytes) for text in _texts(proto)):
        return ["it holds names that are no UTF-8 text"]  # and every message below would show one
    nodes, tensors = proto.graph.node, proto.graph.initializer
    breaches = _foreign_fields(proto)
    if len(nodes) > contract.MOST_NODES:
        breaches.append(f"it has {len(nodes):,} operators, and {contract.MOST_NODES} is the most")
        return breaches
    foreign = sorted({node.op_type for node in nodes if node.op_type not in contract.OPERATORS and not node.domain})
    if foreign:
        breaches.append(f"operators that no embedcore model has: {_listed(foreign)}")
    for node in nodes:
        breaches += _attribute_breaches(node)
    names = Counter([tensor.name for tensor in tensors] + [name for node in nodes for name in node.output])
    names.update(value.name for value in proto.graph.input)
    repeated = sorted(name for name, count in names.items() if count > 1 or not name)
    if repeated:
        breaches.append(f"names that stand for two values, or none: {_listed(repeated)}")
    for tensor in tensors:
        breaches += _tensor_breaches(tensor)
    return breaches


def has_external(proto: onnx.ModelProto) -> bool:
    """Return whether a weight of the file lies outside of it."""
    return any(
        tensor.data_location != TensorProto.DEFAULT or len(tensor.external_data) for tensor in proto.graph.initializer
    )


def _foreign_fields(proto: onnx.ModelProto) -> list[str]:
    """Tell fields that the export never writes: functions, training, sparse weights, subgraphs, and unknown ones."""
    parts: list[tuple[str, Message, frozenset[str]]] = [
        ("the model", proto, _MODEL_FIELDS),
        ("the graph", proto.graph, _GRAPH_FIELDS),
        *(("an operator", node, _NODE_FIELDS) for node in proto.graph.node),
        *(("an attribute", inner, _ATTRIBUTE_FIELDS) for node in proto.graph.node for inner in node.attribute),
        *(("a weight", tensor, _TENSOR_FIELDS) for tensor in proto.graph.initializer),
    ]
    breaches = {
        f"{name} has {field.name}, which no embedcore model has"
        for name, part, known in parts
        for field in part.DESCRIPTOR.fields
        if field.name not in known and _is_set(part, field.name)
    }
    return sorted(breaches)


def _is_set(message: Message, field: str) -> bool:
    value = getattr(message, field)
    return message.HasField(field) if isinstance(value, _SINGLE) else len(value) > 0


def _attribute_breaches(node: onnx.NodeProto) -> list[str]:
    known = contract.OPERATORS.get(node.op_type)
    if known is None:
        return []
    odd = [inner.name for inner in node.attribute if inner.name not in known or inner.type not in _ATTRIBUTE_TYPES]
    odd += [name for name, count in Counter(inner.name for inner in node.attribute).items() if count > 1]
    breaches = [f"{node.op_type} has attributes that no embedcore model has: {_listed(odd)}"] if odd else []
    if len(node.output) != 1:
        breaches.append(f"{node.op_type} has {len(node.output)} outputs, not 1")
    return breaches


def _tensor_breaches(tensor: TensorProto) -> list[str]:
    name, dims = tensor.name[:60], list(tensor.dims)
    if tensor.data_type not in STORED_TYPES:
        return [f"weights {name!r} are of type {type_name(tensor.data_type)}, which no embedcore model has"]
    if len(dims) > contract.MOST_AXES or any(size < 1 for size in dims):
        return [f"weights {name!r} have the shape {dims[:9]}: up to {contract.MOST_AXES} axes of 1 or more are allowed"]
    if tensor.data_location != TensorProto.DEFAULT or len(tensor.external_data):
        return []  # told once for all
    size, field = STORED_TYPES[tensor.data_type]
    n_bytes = len(tensor.raw_data) + size * sum(len(getattr(tensor, name)) for name in _TYPED)
    if tensor.HasField("raw_data") == bool(len(getattr(tensor, field))):
        return [f"weights {name!r} are stored in two ways, or in none"]
    if n_bytes != size * math.prod(dims):
        return [
            f"its weights are cut short: {name!r} holds {n_bytes:,} bytes, not the {size * math.prod(dims):,} of {dims}"
        ]
    return []


def type_name(number: int) -> str:
    """Return ONNX's name of an element type, or the number itself where it has none."""
    known = {value: name.lower() for name, value in TensorProto.DataType.items()}
    return known.get(number, f"number {number}")


def _texts(message: Message) -> Iterator[str | bytes]:
    """Yield every text field at any depth: protobuf gives bytes where one is no UTF-8. Weights are not touched."""
    for field in message.DESCRIPTOR.fields:
        if field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE):
            continue
        if not _is_set(message, field.name):
            continue
        value = getattr(message, field.name)
        for inner in [value] if isinstance(value, _SINGLE) else value:
            if isinstance(inner, Message):
                yield from _texts(inner)
            elif isinstance(inner, str | bytes):
                yield inner


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:60]) for name in names[:5]) + (" …" if len(names) > 5 else "")
