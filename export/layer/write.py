"""Writes a LayerSpec as one `.onnx` file that keeps the contract; the same layer gives the same bytes.

The token table is never in memory as a whole: its rows go from the checkpoint to the file slice by slice, and the other
parts of the file, a few megabytes, are made before.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from embedcore import contract
from embedcore.cache import replacing
from embedcore.checks.sizes import LARGEST_TABLE
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError, ShapeError
from embedcore.layer.steps import SCALES, Step, width_after
from embedcore.model.onnx_bytes import GRAPH, INITIALIZER, RAW_DATA, as_varint, bytes_key
from embedcore.schemes.outputs import output_axes
from embedcore.tokens.packed import packed
from export.layer.graph import Graph, tensors_of
from export.layer.operators import add_step
from export.layer.positions import add_positions, whole_parameters
from export.layer.spec import MOST_ROWS, LayerSpec, Table, Weight
from export.sources.source import Blocks
from export.sources.word_table import are_odd
from export.verify import require_parity


def write_layer(
    spec: LayerSpec, path: Path, *, name: str, tell: Callable[[float], None] = lambda _: None
) -> ModelMetadata:
    """Write `spec` to `path` and return the metadata of the file, which is checked before it takes its place.

    `tell` is told the share of the table that is written, in [0, 1], as it grows; checking follows. Raises ShapeError
    if widths do not fit, ModelFileError if the weights are above 1.5 GB or the file breaks the contract, ParityError if
    its numbers are not those of the formulas; what lay at `path` stays there then.
    """
    _check(spec)
    graph = _graph(spec)
    _check_size(spec, graph)
    with replacing(path) as new:
        with new.open("wb") as file:
            metadata = _write(file, spec, graph, name, tell)
        require_parity(new)
    return metadata


def _check(spec: LayerSpec) -> None:
    if spec.end_width != spec.d_model:
        msg = f"the steps end with vectors {spec.end_width} wide, and d_model is {spec.d_model}: they must be equal"
        raise ShapeError(msg)
    for steps, n_heads, what in (
        (spec.query_steps, spec.n_heads, "queries"),
        (spec.key_steps, spec.n_kv_heads, "keys"),
    ):
        width = width_after(steps, spec.d_model)
        if steps and width != n_heads * spec.head_dim:
            msg = f"the {what} are {width} wide, and {n_heads} heads of {spec.head_dim} are {n_heads * spec.head_dim}"
            raise ShapeError(msg)


def _graph(spec: LayerSpec) -> Graph:
    """Return the operators of the layer, with the contract's names on its outputs."""
    graph = Graph()
    ids, width = contract.TOKEN_IDS, spec.table.stored_width
    rows = graph.rows(contract.TABLE, ids, dtype=spec.table.dtype, width=width)
    given = dict(add_positions(graph, spec))
    positions = given.get(contract.POSITION_EMBEDDINGS, "")
    end = _walk(graph, spec.steps, rows, width, spec.weights, positions)
    outputs = {contract.TOKEN_EMBEDDINGS: rows, **given, contract.INPUT_EMBEDDINGS: end}
    for name, steps, n_heads in (
        (contract.QUERIES, spec.query_steps, spec.n_heads),
        (contract.KEYS, spec.key_steps, spec.n_kv_heads),
    ):
        if steps:
            flat = _walk(graph, steps, end, spec.d_model, spec.weights, "")
            cut = graph.add("Reshape", flat, graph.whole(0, 0, n_heads, spec.head_dim))
            outputs[name] = graph.add("Transpose", cut, perm=[0, 2, 1, 3])
    for name, value in outputs.items():
        # Two outputs may not be one value, and a value that another operator reads is no output everywhere.
        graph.add("Identity", value, name=name)
    return graph


def _walk(
    graph: Graph,
    steps: tuple[Step, ...],
    vectors: str,
    width: int,
    weights: Mapping[str, Weight],
    positions: str,
) -> str:
    for step in steps:
        vectors = add_step(graph, step, vectors, width, weights, positions)
        width = step.width_after(width)
    return vectors


def _check_size(spec: LayerSpec, graph: Graph) -> None:
    n_bytes = _n_table_bytes(spec.table) + sum(
        values.nbytes for name, weight in graph.weights.items() for _, values in tensors_of(name, weight)
    )
    if n_bytes > LARGEST_TABLE:
        remedy = "convert the checkpoint to float16" if spec.table.dtype == "float32" else "take a smaller model"
        msg = f"the layer stores {n_bytes:,} bytes, and one file holds at most {LARGEST_TABLE:,}: {remedy}"
        raise ModelFileError(msg)


def _n_table_bytes(table: Table) -> int:
    return sum(math.prod(shape) * np.dtype(dtype).itemsize for _, dtype, shape in _table_parts(table))


def _write(file: BinaryIO, spec: LayerSpec, graph: Graph, name: str, tell: Callable[[float], None]) -> ModelMetadata:
    """Write the file: the fields of the model, its graph with the table's rows in slices, and what it says of itself.

    A protobuf message is the row of its fields, so the length of the graph is all that must be known beforehand.
    """
    small = dict(graph.constants)
    for weight_name, weight in graph.weights.items():
        small |= dict(tensors_of(weight_name, weight))
    metadata = _metadata(spec, name)
    proto = _small_proto(graph, small, metadata)
    inner = proto.graph.SerializeToString(deterministic=True)
    heads = [_tensor_head(*part) for part in _table_parts(spec.table)]
    n_bytes = len(inner) + sum(len(head) + n for head, n in heads)
    proto.ClearField("graph")
    file.write(proto.SerializeToString(deterministic=True))
    file.write(bytes_key(GRAPH) + as_varint(n_bytes) + inner)
    digest = hashlib.sha256()
    # The digest takes the weights by name, and the names of the table stand next to each other.
    floats = sorted(key for key, values in small.items() if values.dtype != np.int64)
    for key in (key for key in floats if key < contract.TABLE):
        digest.update(contract.weight_heading(key, small[key].dtype, small[key].shape) + _bytes(small[key]))
    for (head, _), (key, dtype, shape) in zip(heads, _table_parts(spec.table), strict=True):
        file.write(head)
        digest.update(contract.weight_heading(key, np.dtype(dtype), shape))
        for start, block in _slices(spec.table, is_scales=key != contract.TABLE):
            tell(start / spec.table.n_vocab)
            file.write(block)
            digest.update(block)
    tell(1.0)
    for key in (key for key in floats if key > contract.TABLE):
        digest.update(contract.weight_heading(key, small[key].dtype, small[key].shape) + _bytes(small[key]))
    said = replace(metadata, weights_sha256=digest.hexdigest())
    props = onnx.ModelProto()
    helper.set_model_props(props, said.to_props())
    file.write(props.SerializeToString(deterministic=True))
    return said


def _metadata(spec: LayerSpec, name: str) -> ModelMetadata:
    return ModelMetadata(
        name=name,
        tokenizer=spec.tokenizer if spec.tokenizer_json is None else name,
        position_scheme=spec.scheme,
        position_parameters=whole_parameters(spec),
        n_vocab=spec.table.n_vocab,
        d_model=spec.d_model,
        context_length=spec.context_length,
        weights_dtype=spec.table.dtype,
        weights_sha256="",
        source=spec.source,
        exporter_versions=f"onnx {version('onnx')}",
        provenance=spec.provenance,
        stored_width=spec.table.stored_width,
        **(
            {"n_heads": spec.n_heads, "n_kv_heads": spec.n_kv_heads, "head_dim": spec.head_dim} if spec.head_dim else {}
        ),
        license=spec.license,
        tokenizer_json="" if spec.tokenizer_json is None else packed(spec.tokenizer_json),
        input_steps=tuple(step.to_json() for step in spec.steps),
        query_steps=tuple(step.to_json() for step in spec.query_steps),
        key_steps=tuple(step.to_json() for step in spec.key_steps),
        attention={} if spec.rule is None else spec.rule.to_json(),
    )


def _small_proto(graph: Graph, small: Mapping[str, np.ndarray], metadata: ModelMetadata) -> onnx.ModelProto:
    axes = output_axes(metadata)
    proto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "input_layer",
            [helper.make_tensor_value_info(contract.TOKEN_IDS, TensorProto.INT64, list(contract.INPUT_AXES))],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in axes.items()],
            [numpy_helper.from_array(np.asarray(values, order="C"), key) for key, values in small.items()],
        ),
        opset_imports=[helper.make_opsetid("", contract.OPSET)],
        producer_name="embedcore",
        ir_version=contract.IR_VERSION,
    )
    assert [node.output[0] for node in graph.nodes if node.output[0] in axes] == list(axes)
    return proto


_Part = tuple[str, str, tuple[int, ...]]


def _table_parts(table: Table) -> list[_Part]:
    """Return the name, type and shape of each array that the table is stored as."""
    if table.dtype != "int8":
        return [(contract.TABLE, table.dtype, (table.n_vocab, table.stored_width))]
    n_blocks = table.stored_width // 32
    return [
        (contract.TABLE, "int8", (table.n_vocab, n_blocks, 32)),
        (contract.TABLE + SCALES, "float16", (table.n_vocab, n_blocks)),
    ]


def _tensor_head(name: str, dtype: str, shape: tuple[int, ...]) -> tuple[bytes, int]:
    """Return what stands in the graph before a tensor's own bytes, and how many those are."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    described = TensorProto(dims=shape, data_type=kind, name=name).SerializeToString(deterministic=True)
    inner = described + bytes_key(RAW_DATA) + as_varint(n_bytes)
    return bytes_key(INITIALIZER) + as_varint(len(inner) + n_bytes) + inner, n_bytes


def _slices(table: Table, *, is_scales: bool) -> Iterator[tuple[int, bytes]]:
    for start in range(0, table.n_vocab, MOST_ROWS):
        rows = table.read(slice(start, min(start + MOST_ROWS, table.n_vocab)))
        values = (rows.scales if is_scales else rows.values) if isinstance(rows, Blocks) else rows
        _check_finite(values, start)
        yield start, _bytes(values)


def _check_finite(values: np.ndarray, start: int) -> None:
    """Raise ModelFileError where a row of the table, the first of which is row `start`, holds NaN or infinity."""
    is_odd = are_odd(values)
    if is_odd.any():
        row, n_odd = start + int(is_odd.argmax()), int(is_odd.sum())
        msg = (
            f"row {row:,} of the token table holds NaN or infinity, and {n_odd:,} of {len(values):,} rows from "
            f"{start:,} do: fetch the checkpoint again, or mend these rows in it"
        )
        raise ModelFileError(msg)


def _bytes(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
