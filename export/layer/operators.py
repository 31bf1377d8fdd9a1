"""The operators of every kind of step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from onnx import TensorProto

from embedcore.contract import TOKEN_IDS
from embedcore.files.metadata_text import LARGEST_SIZE
from embedcore.layer.steps import Step
from embedcore.values import ByContent
from export.layer.graph import Graph, n_numbers
from export.layer.spec import Weight


@dataclass(frozen=True, slots=True, eq=False)
class Place(ByContent):
    """Where a step stands: the graph, the vectors that come in and their width, and the file's position vectors.

    `weights` maps each part of the step to the name of its float32 values, `sizes` to how many they are. `positions` is
    empty where none are added.
    """

    graph: Graph
    vectors: str
    width: int
    weights: Mapping[str, str]
    sizes: Mapping[str, int]
    positions: str


def add_step(graph: Graph, step: Step, vectors: str, width: int, weights: Mapping[str, Weight], positions: str) -> str:
    """Add the operators of a step after `vectors`, `width` wide, and return the name of its value."""
    named = {part: graph.weight(name, weights[name]) for part, name in step.weights.items()}
    sizes = {part: n_numbers(weights[name]) for part, name in step.weights.items()}
    return _WRITERS[step.kind](step, Place(graph, vectors, width, named, sizes, positions))


def _scale(step: Step, at: Place) -> str:
    return at.graph.add("Mul", at.vectors, at.graph.real(step.numbers["factor"]))


def _multiply(_: Step, at: Place) -> str:
    return at.graph.add("Mul", at.vectors, at.weights["weight"])


def _add(_: Step, at: Place) -> str:
    return at.graph.add("Add", at.vectors, at.weights["row"])


def _positions(step: Step, at: Place) -> str:
    graph, rows = at.graph, at.positions
    if "padding_id" not in step.numbers:
        return graph.add("Add", at.vectors, rows)
    is_padding = graph.add("Equal", TOKEN_IDS, graph.whole(step.numbers["padding_id"], is_single=True))
    is_text = graph.add("Not", is_padding)
    counted = graph.add("CumSum", graph.add("Cast", is_text, to=TensorProto.INT64), graph.whole(1, is_single=True))
    one, zero = graph.whole(1, is_single=True), graph.whole(0, is_single=True)
    places = graph.add("Max", graph.add("Sub", counted, one), zero)
    own = graph.add("Gather", rows, places, axis=0)
    mask = graph.add("Unsqueeze", is_text, graph.whole(-1))
    return graph.add("Add", at.vectors, graph.add("Where", mask, own, at.weights["padding"]))


def _layer_norm(step: Step, at: Place) -> str:
    graph, heads = at.graph, step.numbers.get("heads", 1)
    normed_width = at.width // heads
    vectors = _cut(at, heads)
    ones = graph.ones(normed_width)
    normed = graph.add("LayerNormalization", vectors, ones, axis=-1, epsilon=step.numbers["epsilon"])
    return _joined(at, heads, _weighted(at, heads, normed))


def _rms_norm(step: Step, at: Place) -> str:
    graph, heads = at.graph, step.numbers.get("heads", 1)
    if "first" in step.numbers:
        first, axis = step.numbers["first"], graph.whole(2)
        part = graph.add("Slice", at.vectors, graph.whole(0), graph.whole(first), axis)
        rest = graph.add("Slice", at.vectors, graph.whole(first), graph.whole(LARGEST_SIZE), axis)
        whole = Step(step.kind, numbers={"epsilon": step.numbers["epsilon"]})
        normed = _rms_norm(whole, replace(at, vectors=part, width=first))
        return graph.add("Concat", normed, rest, axis=2)
    vectors = _cut(at, heads)
    mean = graph.add("ReduceMean", graph.add("Mul", vectors, vectors), graph.whole(-1), keepdims=1)
    root = graph.add("Sqrt", graph.add("Add", mean, graph.real(step.numbers["epsilon"])))
    return _joined(at, heads, _weighted(at, heads, graph.add("Div", vectors, root)))


def _cut(at: Place, heads: int) -> str:
    if heads == 1:
        return at.vectors
    return at.graph.add("Reshape", at.vectors, at.graph.whole(0, 0, heads, at.width // heads))


def _joined(at: Place, heads: int, vectors: str) -> str:
    return vectors if heads == 1 else at.graph.add("Reshape", vectors, at.graph.whole(0, 0, at.width))


def _weighted(at: Place, heads: int, normed: str) -> str:
    """Multiply by a norm's weight and add its bias, of one head or of all heads in a row."""
    for part, operator in (("weight", "Mul"), ("bias", "Add")):
        if part in at.weights:
            values = at.weights[part]
            if heads > 1 and at.sizes[part] == at.width:
                values = at.graph.add("Reshape", values, at.graph.whole(heads, at.width // heads))
            normed = at.graph.add(operator, normed, values)
    return normed


def _projection(_: Step, at: Place) -> str:
    graph = at.graph
    product = graph.add("MatMul", at.vectors, graph.add("Transpose", at.weights["weight"], perm=[1, 0]))
    return graph.add("Add", product, at.weights["bias"]) if "bias" in at.weights else product


def _clip(step: Step, at: Place) -> str:
    limit = step.numbers["limit"]
    return at.graph.add("Clip", at.vectors, at.graph.real(-limit), at.graph.real(limit))


def _replace(step: Step, at: Place) -> str:
    graph = at.graph
    is_it = graph.add("Equal", TOKEN_IDS, graph.whole(step.numbers["token_id"], is_single=True))
    return graph.add("Where", graph.add("Unsqueeze", is_it, graph.whole(-1)), at.weights["row"], at.vectors)


def _neighbors(_: Step, at: Place) -> str:
    graph = at.graph
    one, axis, last = graph.whole(1), graph.whole(1), graph.whole(LARGEST_SIZE)
    nothing = graph.add("Mul", graph.add("Slice", at.vectors, graph.whole(0), one, axis), graph.real(0.0))
    after = graph.add("Concat", graph.add("Slice", at.vectors, one, last, axis), nothing, axis=1)
    before = graph.add("Concat", nothing, graph.add("Slice", at.vectors, graph.whole(0), graph.whole(-1), axis), axis=1)
    return graph.add("Concat", after, at.vectors, before, axis=2)


def _past_text(step: Step, at: Place) -> str:
    graph, axis = at.graph, at.graph.whole(1)
    is_padding = graph.add("Equal", TOKEN_IDS, graph.whole(step.numbers["padding_id"], is_single=True))
    is_text = graph.add("Cast", graph.add("Not", is_padding), to=TensorProto.INT64)
    counted = graph.add("CumSum", is_text, graph.whole(1, is_single=True), reverse=1)
    # Counted from the end, the first token has the number of all.
    n_text = graph.add("Slice", counted, graph.whole(0), graph.whole(1), axis)
    is_kept = graph.add("Unsqueeze", graph.add("Greater", n_text, graph.places()), graph.whole(-1))
    return graph.add("Where", is_kept, at.vectors, graph.real(0.0))


def _mask_share(step: Step, at: Place) -> str:
    graph = at.graph
    is_mask = graph.add("Equal", TOKEN_IDS, graph.whole(step.numbers["token_id"], is_single=True))
    share = graph.add("ReduceMean", graph.add("Cast", is_mask, to=TensorProto.FLOAT), graph.whole(1), keepdims=1)
    kept = graph.add("Sub", graph.real(1.0), share)
    factor = graph.add("Div", graph.real(step.numbers["kept"]), kept)
    return graph.add("Mul", at.vectors, graph.add("Unsqueeze", factor, graph.whole(-1)))


_WRITERS: Final[Mapping[str, Callable[[Step, Place], str]]] = {
    "scale": _scale,
    "multiply": _multiply,
    "add": _add,
    "positions": _positions,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "projection": _projection,
    "clip": _clip,
    "replace": _replace,
    "neighbors": _neighbors,
    "past_text": _past_text,
    "mask_share": _mask_share,
}
