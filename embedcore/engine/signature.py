"""What an ONNX file takes and gives: the names, types and axes of its inputs and outputs, its opset and IR version."""

from collections.abc import Iterable
from dataclasses import dataclass

import onnx
from onnx import TensorProto

_NUMPY_NAMES = {"float": "float32", "double": "float64"}


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a graph: its name, its numpy dtype, and its axes, each a size or a name."""

    name: str
    dtype: str
    axes: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of a graph in their order, the opset of its operators, and its file's IR version."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    opset: int
    ir_version: int


def signature_of(proto: onnx.ModelProto) -> Signature:
    """Return the signature of a graph; its opset is that of `ai.onnx`, 0 where it has none."""
    opsets = [opset.version for opset in proto.opset_import if opset.domain in ("", "ai.onnx")]
    return Signature(
        inputs=_ports(proto.graph.input),
        outputs=_ports(proto.graph.output),
        opset=opsets[0] if opsets else 0,
        ir_version=proto.ir_version,
    )


def _ports(values: Iterable[onnx.ValueInfoProto]) -> tuple[Port, ...]:
    return tuple(_port(value) for value in values)


def _port(value: onnx.ValueInfoProto) -> Port:
    tensor = value.type.tensor_type
    name = TensorProto.DataType.Name(tensor.elem_type).lower()
    axes = tuple(dim.dim_param or dim.dim_value for dim in tensor.shape.dim)
    return Port(value.name, _NUMPY_NAMES.get(name, name), axes)
