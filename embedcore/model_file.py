"""A model file on disk: read it once, hold it to the contract, before any of it runs.

`contract_breaches` is the one list of what the contract asks of a file; opening a model raises on it,
`python -m export verify` prints it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, numpy_helper

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError

_FLOAT_TYPES = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that keeps the contract: where it lies, its bytes' sha256, size in bytes, and what it says of itself."""

    path: Path
    sha256: str
    n_bytes: int
    metadata: ModelMetadata

    def content(self) -> bytes:
        """Return the file's bytes, read again. Raises ModelFileError where they are no longer those that were read."""
        content = _read(self.path)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            msg = f"{self.path.name} has changed since it was opened: open the model again"
            raise ModelFileError(msg)
        return content


def read_model_file(path: Path) -> ModelFile:
    """Read and check the model file at `path`.

    Raises ModelFileError if it is missing, is no ONNX file, breaks the contract, or its weights were altered.
    """
    return load_model_file(path)[0]


def load_model_file(path: Path) -> tuple[ModelFile, bytes]:
    """Read and check the model file at `path`, and return the bytes that were checked with it.

    What runs a model runs these bytes: the file at `path` may be another one a moment later. Raises ModelFileError as
    `read_model_file` does.
    """
    content = _read(path)
    proto = parse_model(content, path.name)
    breaches = contract_breaches(proto)
    if breaches:
        msg = f"{path.name} breaks the model contract: " + "; ".join(breaches)
        raise ModelFileError(msg)
    return ModelFile(path, hashlib.sha256(content).hexdigest(), len(content), _metadata(proto)), content


def parse_model(content: bytes, name: str) -> onnx.ModelProto:
    """Return the ONNX model in `content`; `name` is for the message. Raises ModelFileError if it is none."""
    try:
        proto = onnx.load_model_from_string(content)
    except DecodeError as error:
        msg = f"{name} is no ONNX file, or it is truncated ({len(content):,} bytes): fetch or export it again"
        raise ModelFileError(msg) from error
    if not proto.graph.node:
        msg = f"{name} holds no ONNX graph ({len(content):,} bytes): fetch or export it again"
        raise ModelFileError(msg)
    return proto


def contract_breaches(proto: onnx.ModelProto) -> list[str]:
    """Return every way in which `proto` breaks the contract, in words; empty when it keeps it."""
    breaches = _format_breaches(proto)
    try:
        metadata = _metadata(proto)
    except ModelFileError as error:
        return [*breaches, str(error)]
    breaches += _input_breaches(proto)
    breaches += _output_breaches(proto, metadata)
    if not any(_is_external(tensor) for tensor in proto.graph.initializer):
        breaches += _weight_breaches(proto, metadata)
    return breaches


def weights(proto: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Return the file's stored float weights by initializer name, as they are stored (float32 or float16).

    Raises ValueError, from onnx, if the bytes of one do not fill its shape.
    """
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in proto.graph.initializer
        if tensor.data_type in _FLOAT_TYPES
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"no model file can be read at {path.name!r} ({error.strerror}): check the name, or make one with " + (
            "`python -m export`"
        )
        raise ModelFileError(msg) from error


def _metadata(proto: onnx.ModelProto) -> ModelMetadata:
    return ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})


def _format_breaches(proto: onnx.ModelProto) -> list[str]:
    breaches = []
    if proto.ir_version > contract.MAX_IR_VERSION:
        breaches.append(f"IR version {proto.ir_version} is above {contract.MAX_IR_VERSION}")
    opsets = {opset.domain or "ai.onnx": opset.version for opset in proto.opset_import}
    if opsets.get("ai.onnx") != contract.OPSET:
        breaches.append(f"opset {opsets.get('ai.onnx')} is not {contract.OPSET}")
    foreign = sorted({node.domain for node in proto.graph.node} - {"", "ai.onnx"})
    if foreign or proto.functions:
        breaches.append(f"operators beyond ai.onnx: {', '.join(foreign) or 'model functions'}")
    if any(_is_external(tensor) for tensor in proto.graph.initializer):
        breaches.append("weights lie outside the file")
    return breaches


def _input_breaches(proto: onnx.ModelProto) -> list[str]:
    found = {value.name: (value.type.tensor_type.elem_type, _axes(value)) for value in proto.graph.input}
    expected = {contract.TOKEN_IDS: (TensorProto.INT64, contract.INPUT_AXES)}
    return [] if found == expected else [f"inputs are {_words(found)}, not {_words(expected)}"]


def _output_breaches(proto: onnx.ModelProto, metadata: ModelMetadata) -> list[str]:
    found = {value.name: (value.type.tensor_type.elem_type, _axes(value)) for value in proto.graph.output}
    expected = {name: (TensorProto.FLOAT, axes) for name, axes in contract.output_axes(metadata).items()}
    return (
        []
        if list(found.items()) == list(expected.items())
        else [f"outputs are {_words(found)}, not {_words(expected)}"]
    )


def _axes(value: onnx.ValueInfoProto) -> tuple[contract.Axis, ...]:
    return tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim)


def _words(values: Mapping[str, tuple[int, tuple[contract.Axis, ...]]]) -> str:
    return ", ".join(
        f"{name} {TensorProto.DataType.Name(kind).lower()} [{', '.join(map(str, axes))}]"
        for name, (kind, axes) in values.items()
    )


def _weight_breaches(proto: onnx.ModelProto, metadata: ModelMetadata) -> list[str]:
    try:
        found = contract.weights_digest(weights(proto))
    except ValueError as error:
        return [f"its weights are cut short: {error}"]
    if found == metadata.weights_sha256:
        return []
    return [f"the weights hash to {found[:12]}…, but the file says {metadata.weights_sha256[:12]}…: they were altered"]


def _is_external(tensor: TensorProto) -> bool:
    return bool(tensor.data_location == TensorProto.EXTERNAL)
