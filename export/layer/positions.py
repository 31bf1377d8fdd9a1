"""The operators and the stored numbers of the positional schemes that checkpoints have.

The numbers are those of `embedcore.nn`, which `python -m export verify` compares: whoever changes one sees the other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from onnx import TensorProto

from embedcore import contract
from embedcore.checks.sizes import check_table
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.schemes.buckets import t5_buckets
from embedcore.schemes.rope import Rope
from embedcore.schemes.rope_parameters import ARGUMENTS, RopeParameters
from embedcore.schemes.sinusoidal import sinusoidal_at
from export.layer.graph import Graph
from export.layer.spec import LayerSpec


def add_positions(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    """Add what the scheme of `spec` gives, and return the name of each value by the contract's output name.

    Raises ShapeError where the scheme is none that a checkpoint can have, or its numbers do not fit together.
    """
    if spec.scheme not in _WRITERS:
        msg = f"{spec.scheme!r} is none of the {len(_WRITERS)} schemes of checkpoints: {', '.join(_WRITERS)}"
        raise ShapeError(msg)
    return _WRITERS[spec.scheme](graph, spec)


def whole_parameters(spec: LayerSpec) -> Mapping[str, Any]:
    """Return the parameters of the scheme as a file says them: those of a rotary scaling that were left out, too."""
    if spec.scheme != Rope.name:
        return spec.parameters
    return RopeParameters(**spec.parameters).hyperparameters()


def _none(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    del graph, spec
    return {}


def _learned(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    if spec.position_table is None or len(spec.position_table) < spec.context_length:
        n_rows = 0 if spec.position_table is None else len(spec.position_table)
        msg = f"there are {n_rows} position vectors, and {spec.context_length} places: give one for each"
        raise ShapeError(msg)
    graph.weights[contract.POSITION_TABLE] = spec.position_table
    rows = graph.add("Gather", contract.POSITION_TABLE, graph.places(), axis=0)
    if spec.position_table.dtype == np.float16:
        rows = graph.add("Cast", rows, to=TensorProto.FLOAT)
    return {contract.POSITION_EMBEDDINGS: rows}


def _sinusoidal(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    width = spec.d_model
    check_table(spec.context_length, width)
    layout = spec.parameters.get("wave_layout", "interleaved")
    places = np.arange(spec.context_length) + spec.parameters.get("first_place", 0)
    waves = sinusoidal_at(places, width, base=spec.parameters["base"], wave_layout=layout)
    graph.weights[contract.POSITION_TABLE] = waves
    return {contract.POSITION_EMBEDDINGS: graph.add("Gather", contract.POSITION_TABLE, graph.places(), axis=0)}


def _rope(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    """Store the waves of each set of sequence lengths, one set after the other, as `embedcore.nn.rope` does."""
    parameters = RopeParameters(**spec.parameters)
    edges = _edges(parameters, spec)
    sizes = [*edges, spec.context_length]
    check_table(sum(sizes), spec.head_dim)
    scheme = Rope(parameters)
    stored = [_waves(scheme, size, spec.head_dim) for size in sizes]
    for name, values in zip(("cos", "sin"), map(np.concatenate, zip(*stored, strict=True)), strict=True):
        graph.weights[contract.POSITION_PREFIX + name] = values
    rows = graph.places()
    for edge in edges:
        limit, zero = graph.whole(edge, is_single=True), graph.whole(0, is_single=True)
        rows = graph.add("Add", rows, graph.add("Where", graph.add("Greater", graph.length(), limit), limit, zero))
    return {
        output: graph.add("Gather", contract.POSITION_PREFIX + name, rows, axis=0)
        for output, name in ((contract.ROTARY_COS, "cos"), (contract.ROTARY_SIN, "sin"))
    }


def _edges(parameters: RopeParameters, spec: LayerSpec) -> tuple[int, ...]:
    """Return the longest sequence of each set of waves but the last."""
    if "length" not in ARGUMENTS[parameters.scaling]:
        return ()
    trained = int(parameters.value("original_length"))
    if trained >= spec.context_length:
        return ()
    if parameters.scaling == "dynamic":
        msg = (
            f"dynamic scaling has other waves for each length past {trained:,}, and the file would have "
            f"{spec.context_length:,} places: choose --context-length {trained} or less"
        )
        raise ShapeError(msg)
    if parameters.scaling != "stepped":
        return (trained,)
    doubled = (trained * 2**power for power in range(spec.context_length.bit_length()))
    return tuple(edge for edge in doubled if edge < spec.context_length)


def _waves(scheme: Rope, n_places: int, head_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine and sine of the places of sequences that are `n_places` long, in pieces that take little memory."""
    frequencies = scheme.frequencies(head_dim, length=n_places)
    nothing = np.zeros((1, 1, head_dim), np.float32)
    cos, sin = (np.empty((n_places, head_dim), np.float32) for _ in range(2))
    for start in range(0, n_places, 4096):
        places = np.arange(start, min(start + 4096, n_places)).astype(np.float64)
        outputs = run_graph(
            "rope",
            queries=nothing,
            keys=np.zeros((1, len(places), head_dim), np.float32),
            query_positions=places[:1],
            key_positions=places,
            frequencies=frequencies.values,
            attention_factor=frequencies.attention_factor,
            is_interleaved=scheme.parameters.layout == "interleaved",
        )
        cos[start : start + 4096], sin[start : start + 4096] = outputs["rotary_cos"], outputs["rotary_sin"]
    return cos, sin


def _alibi(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    n_heads: int = spec.parameters["n_heads"]
    nowhere = np.zeros(1)
    slopes = run_graph(
        "alibi",
        query_positions=nowhere,
        key_positions=nowhere,
        n_heads=n_heads,
        heads=np.arange(n_heads),
        bias_max=spec.parameters.get("bias_max", 8.0),
    )["slopes"]
    graph.weights[contract.POSITION_TABLE] = slopes[:, None, None]
    queries, keys = _pairs(graph)
    # −|i − j| would give −0 on the diagonal; this difference gives 0.
    apart = graph.add("Sub", graph.add("Min", queries, keys), graph.add("Max", queries, keys))
    distances = graph.add("Cast", apart, to=TensorProto.FLOAT)
    return {contract.ATTENTION_BIAS: graph.add("Mul", contract.POSITION_TABLE, distances)}


def _t5(graph: Graph, spec: LayerSpec) -> Mapping[str, str]:
    own: Mapping[str, Any] = spec.parameters
    assert spec.position_table is not None
    reach = min(own["max_distance"], max(1, spec.context_length - 1))
    buckets = t5_buckets(
        reach,
        n_buckets=own["n_buckets"],
        max_distance=own["max_distance"],
        is_bidirectional=own["is_bidirectional"],
    )
    graph.weights[contract.POSITION_TABLE] = spec.position_table
    graph.constants["buckets_by_distance"] = buckets
    queries, keys = _pairs(graph)
    far, near = graph.whole(reach, is_single=True), graph.whole(-reach, is_single=True)
    distances = graph.add("Clip", graph.add("Sub", queries, keys), near, far)
    picked = graph.add("Gather", "buckets_by_distance", graph.add("Add", distances, far), axis=0)
    numbers = graph.add("Gather", contract.POSITION_TABLE, picked, axis=0)
    if spec.position_table.dtype == np.float16:
        numbers = graph.add("Cast", numbers, to=TensorProto.FLOAT)
    return {contract.ATTENTION_BIAS: graph.add("Transpose", numbers, perm=[2, 0, 1])}


def _pairs(graph: Graph) -> tuple[str, str]:
    """Return the places of the queries as a column and those of the keys as a row."""
    places = graph.places()
    return graph.add("Unsqueeze", places, graph.whole(1)), graph.add("Unsqueeze", places, graph.whole(0))


_WRITERS: Final[Mapping[str, Callable[[Graph, LayerSpec], Mapping[str, str]]]] = {
    "none": _none,
    "learned": _learned,
    "sinusoidal": _sinusoidal,
    "rope": _rope,
    "alibi": _alibi,
    "t5": _t5,
}
