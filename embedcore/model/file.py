"""A model file on disk, which is read once and checked against the contract before any of it runs.

`contract_breaches` is the one list of what the contract asks of a file; opening a model raises on it,
`python -m export verify` prints it.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, numpy_helper

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.engine.signature import Signature, signature_of
from embedcore.errors import ModelFileError
from embedcore.files.metadata_text import LARGEST_TOKENIZER
from embedcore.files.plain import read_file
from embedcore.layer.rule import rule_of
from embedcore.layer.steps import check_steps
from embedcore.model.graph_check import graph_breaches, has_external, type_name
from embedcore.model.graph_cost import cost_breaches, longest_run
from embedcore.model.large_weights import LEAST, taken_out
from embedcore.model.onnx_bytes import cut_weights, n_bytes_beside
from embedcore.model.step_check import step_breaches
from embedcore.schemes.outputs import output_axes
from embedcore.schemes.parameters import check_scheme_name, parameter_breaches

_FLOAT_TYPES = {TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16", TensorProto.DOUBLE: "float64"}
_WEIGHT_TYPES = {**_FLOAT_TYPES, TensorProto.INT8: "int8"}  # whole numbers stand in blocks that have scales
_MOST_PROPS = 1_000  # of other tools, beside our own
# What the run at opening may take: 4,096 places of a float16 table 4,096 wide, but 792 of a bias of 112 heads, which
# grows with the square of the length, and stores nothing that a longer run could find missing.
_LONGEST_PROBE = 4_096  # tokens
_LARGEST_PROBE = 300_000_000  # bytes


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that keeps the contract: where it lies, its bytes' sha256, size in bytes, and what it says of itself.

    `signature` says what it takes and gives.
    `longest` is the most tokens that one run takes within the contract's budget, 1 … context_length; `n_probed`, how
    many the run takes that tries the file when it is opened.
    """

    path: Path
    sha256: str
    n_bytes: int
    metadata: ModelMetadata
    longest: int
    n_probed: int
    signature: Signature

    def content(self) -> bytes:
        """Return the file's bytes, read again. Raises ModelFileError where they are no longer those that were read."""
        content = _read(self.path)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            msg = f"{self.path.name} has changed since it was opened: open the model again"
            raise ModelFileError(msg)
        return content

    def stored(self, name: str) -> np.ndarray | None:
        """Return a weight of the file by its initializer's name, as it is stored, read again; None if none is.

        Raises ModelFileError where another file has taken its place.
        """
        return self.stored_of([name]).get(name)

    def stored_of(self, names: Collection[str]) -> dict[str, np.ndarray]:
        """Return those weights of `names` that the file stores, as it stores them; the file is read once.

        A large weight that nobody asks for is not copied. Raises ModelFileError where another file has taken its place.
        """
        content = self.content()
        skeleton, is_cut = cut_weights(content, least=LEAST)
        proto = onnx.load_model_from_string(skeleton)
        if any(tensor.name in names for tensor, cut in zip(proto.graph.initializer, is_cut, strict=False) if cut):
            proto = parse_model(content, self.path.name)
        return weights(proto, names)


def read_model_file(path: Path) -> ModelFile:
    """Read and check the model file at `path`.

    Raises ModelFileError if it is missing, is no ONNX file, breaks the contract, or its weights were altered.
    """
    return load_model_file(path)[0]


def load_model_file(path: Path) -> tuple[ModelFile, bytes, Mapping[str, np.ndarray]]:
    """Read and check the model file at `path`, and return what was checked: the graph's bytes, and its large weights.

    What runs a model runs these: the file at `path` may be another one a moment later. At no time are there more than
    two copies of a large table. Raises ModelFileError as `read_model_file` does.
    """
    content = _read(path)
    proto = parse_model(content, path.name)
    sha256, n_bytes = hashlib.sha256(content).hexdigest(), len(content)
    skeleton, is_cut = cut_weights(content, least=LEAST)
    del content
    breaches = contract_breaches(proto)
    if breaches:
        msg = f"{path.name} breaks the model contract: " + "; ".join(breaches) + ". Export the model again"
        raise ModelFileError(msg)
    metadata = metadata_of(proto)
    longest = longest_run(proto.graph, metadata)
    n_probed = min(_LONGEST_PROBE, longest_run(proto.graph, metadata, most=_LARGEST_PROBE))
    file = ModelFile(path, sha256, n_bytes, metadata, longest, n_probed, signature_of(proto))
    return file, *taken_out(proto, skeleton, is_cut)


def parse_model(content: bytes, name: str) -> onnx.ModelProto:
    """Return the ONNX model in `content`; `name` is for the message. Raises ModelFileError if it is none."""
    try:
        n_beside = n_bytes_beside(content, most=contract.LARGEST_BESIDE, most_texts=LARGEST_TOKENIZER)
        proto = onnx.load_model_from_string(content) if n_beside <= contract.LARGEST_BESIDE else None
    except (DecodeError, ValueError) as error:
        msg = f"{name} is no ONNX file, or it is truncated ({len(content):,} bytes): fetch or export it again"
        raise ModelFileError(msg) from error
    if proto is None:
        msg = (
            f"{name} holds more than {contract.LARGEST_BESIDE:,} bytes that are no raw weights: it is no embedcore "
            "model; make one with `python -m export`"
        )
        raise ModelFileError(msg)
    # protobuf counts bytes by writing them all: of a large table it would make two copies.
    skeleton = onnx.load_model_from_string(cut_weights(content, least=LEAST)[0])
    n_unknown = skeleton.ByteSize()
    skeleton.DiscardUnknownFields()
    n_unknown -= skeleton.ByteSize()
    if n_unknown:
        msg = f"{name} holds {n_unknown:,} bytes of fields that ONNX {onnx.__version__} does not know: export it again"
        raise ModelFileError(msg)
    if not proto.graph.node:
        msg = f"{name} holds no ONNX graph ({len(content):,} bytes): fetch or export it again"
        raise ModelFileError(msg)
    return proto


def contract_breaches(proto: onnx.ModelProto) -> list[str]:
    """Return every way in which `proto` breaks the contract, in words; empty when it keeps it."""
    breaches = graph_breaches(proto)
    is_sound = not breaches  # its weights and operators can be looked at
    breaches += _format_breaches(proto)
    try:
        metadata = metadata_of(proto)
    except ModelFileError as error:
        return [*breaches, str(error)]
    breaches += parameter_breaches(metadata)
    breaches += step_breaches(metadata, proto.graph.initializer)
    breaches += _input_breaches(proto)
    breaches += _output_breaches(proto, metadata)
    if is_sound and not has_external(proto):
        breaches += _table_breaches(proto, metadata)
        breaches += _weight_breaches(proto, metadata)
        if not breaches:
            breaches += cost_breaches(proto.graph, metadata)
    return breaches


def metadata_of(proto: onnx.ModelProto) -> ModelMetadata:
    """Return what the file says of itself.

    Raises ModelFileError where it does not, or says a thing twice, or a step of it or its scheme is unknown.
    """
    keys = [prop.key for prop in proto.metadata_props]
    repeated = next((key for key in keys if keys.count(key) > 1), None) if len(keys) < _MOST_PROPS else "metadata"
    if repeated is not None:
        msg = f"the file has {keys.count(repeated) or len(keys)} values of {repeated[:60]!r}, not 1: export it again"
        raise ModelFileError(msg)
    metadata = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
    check_scheme_name(metadata)
    check_steps(metadata)
    rule_of(metadata)
    return metadata


def weights(proto: onnx.ModelProto, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Return the file's stored weights by initializer name, as they are stored (float32, float16, or int8 blocks).

    Of `names` alone, where they are given. Raises ValueError, from onnx, if the bytes of one do not fill its shape.
    """
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in proto.graph.initializer
        if tensor.data_type in _WEIGHT_TYPES and (names is None or tensor.name in names)
    }


def _read(path: Path) -> bytes:
    try:
        return read_file(path, most=contract.LARGEST_FILE)
    except FileNotFoundError as error:
        msg = f"there is no model file at {path.name!r}: check the name, or make one with `python -m export`"
        raise ModelFileError(msg) from error


def _format_breaches(proto: onnx.ModelProto) -> list[str]:
    breaches = []
    if not 1 <= proto.ir_version <= contract.MAX_IR_VERSION:
        breaches.append(f"IR version {proto.ir_version} is not 1…{contract.MAX_IR_VERSION}")
    opsets = [(opset.domain or "ai.onnx", opset.version) for opset in proto.opset_import]
    if opsets != [("ai.onnx", contract.OPSET)]:
        listed = ", ".join(
            f"{'' if domain == 'ai.onnx' else f'{domain[:60]} '}{number}" for domain, number in opsets[:9]
        )
        breaches.append(f"opset {listed or 'of none'} is not {contract.OPSET}")
    foreign = sorted({node.domain for node in proto.graph.node} - {"", "ai.onnx"})
    if foreign or proto.functions:
        breaches.append(f"operators beyond ai.onnx: {', '.join(foreign) or 'model functions'}")
    if has_external(proto):
        breaches.append("weights lie outside the file")
    return breaches


def _input_breaches(proto: onnx.ModelProto) -> list[str]:
    declared = _declared(proto.graph.input)
    expected = [(contract.TOKEN_IDS, TensorProto.INT64, contract.INPUT_AXES)]
    return [] if declared == expected else [f"inputs are {_words(declared)}, not {_words(expected)}"]


def _output_breaches(proto: onnx.ModelProto, metadata: ModelMetadata) -> list[str]:
    declared = _declared(proto.graph.output)
    expected = [(name, TensorProto.FLOAT, axes) for name, axes in output_axes(metadata).items()]
    return [] if declared == expected else [f"outputs are {_words(declared)}, not {_words(expected)}"]


_Declared = tuple[str, int, tuple[contract.Axis, ...]]


def _declared(values: Iterable[onnx.ValueInfoProto]) -> list[_Declared]:
    return [(value.name, value.type.tensor_type.elem_type, _axes(value)) for value in values]


def _axes(value: onnx.ValueInfoProto) -> tuple[contract.Axis, ...]:
    return tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim)


def _words(values: Sequence[_Declared]) -> str:
    words = [
        f"{name[:60]} {type_name(kind)} [{', '.join(str(axis)[:60] for axis in axes[:9])}]"
        for name, kind, axes in values[:9]
    ]
    return ", ".join(words) or "none"


def _table_breaches(proto: onnx.ModelProto, metadata: ModelMetadata) -> list[str]:
    """Tell a file whose weights are not as many as it says: its table is read whole, so memory depends on it."""
    rows, width = metadata.n_vocab, metadata.stored_width
    sizes = [(tensor.data_type, list(tensor.dims)) for tensor in proto.graph.initializer]
    kinds = [
        kind for kind, dims in sizes if kind in _WEIGHT_TYPES and dims[:1] == [rows] and math.prod(dims) == rows * width
    ]
    if not kinds:
        return [f"it says that its table is [{rows}, {width}], and holds none of this size"]
    if metadata.weights_dtype not in {_WEIGHT_TYPES[kind] for kind in kinds}:
        return [f"it says that its table is {metadata.weights_dtype[:60]}, and stores it as {_WEIGHT_TYPES[kinds[0]]}"]
    return []


def _weight_breaches(proto: onnx.ModelProto, metadata: ModelMetadata) -> list[str]:
    try:
        digest = contract.weights_digest(weights(proto))
    except ValueError as error:
        return [f"its weights are cut short: {error}"]
    if digest == metadata.weights_sha256:
        return []
    return [f"the weights hash to {digest[:12]}…, but the file says {metadata.weights_sha256[:12]}…: they were altered"]
