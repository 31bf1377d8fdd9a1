"""The shape of an operator's value by the shapes of its inputs, for each operator of the contract."""

import math
from collections.abc import Callable
from typing import Final

import onnx

from embedcore import contract
from embedcore.files.metadata_text import LARGEST_SIZE
from embedcore.model.graph_check import STORED_TYPES
from embedcore.model.graph_extent import BATCH, NOTHING, ONE, Axis, Extent, UnknownSize, Value, checked

Attributes = dict[str, int | list[int]]


def elementwise(node: onnx.NodeProto, inputs: list[Value], _: Attributes) -> Value:
    """Return the shape of a value that is computed number by number from its inputs."""
    axes: tuple[Axis, ...] = ()
    for value in inputs:
        axes = _broadcast(axes, value.axes)
    is_truth = node.op_type in ("And", "Equal", "Greater", "Less", "LessOrEqual", "Not")
    width = 1 if is_truth else max(value.width for value in inputs)
    return Value(axes, width, _arithmetic(node.op_type, inputs))


def _broadcast(first: tuple[Axis, ...], second: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return the axes of a sum of two values: sizes are equal, or one is 1; what else there is has no larger result."""
    rank = max(len(first), len(second))
    pairs = zip((ONE,) * (rank - len(first)) + first, (ONE,) * (rank - len(second)) + second, strict=True)
    return tuple(_joined(a, b) for a, b in pairs)


def _joined(a: Axis, b: Axis) -> Axis:
    if a == b or b == ONE:
        return a
    if a == ONE:
        return b
    if isinstance(a, str) or isinstance(b, str):
        msg = "the batch meets another axis"
        raise UnknownSize(msg)
    return Extent(max(a.per_token, b.per_token), max(a.fixed, b.fixed))


def _arithmetic(operator: str, inputs: list[Value]) -> tuple[Extent, ...] | None:
    """Return the number that a sum, difference or product of two known single numbers is; None where it is not one."""
    if operator == "Identity":
        return inputs[0].numbers
    if operator not in ("Add", "Sub", "Mul") or any(value.numbers is None or value.axes for value in inputs):
        return None
    (a,), (b,) = (value.numbers or () for value in inputs)
    if operator == "Mul":
        if a.per_token and b.per_token:
            return None
        product = Extent(a.per_token * b.fixed + b.per_token * a.fixed, a.fixed * b.fixed)
        return checked([product])
    sign = 1 if operator == "Add" else -1
    return checked([Extent(a.per_token + sign * b.per_token, a.fixed + sign * b.fixed)])


def _cast(_: onnx.NodeProto, inputs: list[Value], attributes: Attributes) -> Value:
    to = attributes["to"]
    is_whole = to == onnx.TensorProto.INT64
    return Value(inputs[0].axes, STORED_TYPES[to][0], inputs[0].numbers if is_whole else None)  # type: ignore[index]


def _first(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    return Value(inputs[0].axes, inputs[0].width)


def _shape(node: onnx.NodeProto, _: list[Value], attributes: Attributes) -> Value:
    if node.input[0] != contract.TOKEN_IDS or attributes != {"start": 1, "end": 2}:
        msg = "Shape is asked of another value than the length of token_ids"
        raise UnknownSize(msg)
    return Value((ONE,), 8, (Extent(1, 0),))


def _squeeze(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    value, *where = inputs
    rank = len(value.axes)
    if where:
        at = {number.fixed % rank for number in where[0].numbers or () if -rank <= number.fixed < rank}
        if not at or any(value.axes[place] != ONE for place in at):
            msg = "Squeeze does not say which axes of 1 it takes away"
            raise ValueError(msg)
    else:
        at = {place for place, axis in enumerate(value.axes) if axis == ONE}
    left = tuple(axis for place, axis in enumerate(value.axes) if place not in at)
    return Value(left, value.width, value.numbers)


def _unsqueeze(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    value, where = inputs
    places = [number.fixed for number in where.numbers or ()]
    rank = len(value.axes) + len(places)
    at = {place % rank for place in places if -rank <= place < rank}
    if not places or len(at) != len(places):
        msg = "Unsqueeze does not say where"
        raise ValueError(msg)
    rest = iter(value.axes)
    return Value(tuple(ONE if place in at else next(rest) for place in range(rank)), value.width)


def _transpose(_: onnx.NodeProto, inputs: list[Value], attributes: Attributes) -> Value:
    (value,) = inputs
    order = attributes["perm"]
    if not isinstance(order, list) or sorted(order) != list(range(len(value.axes))):
        msg = "perm is no order of the axes"
        raise ValueError(msg)
    return Value(tuple(value.axes[place] for place in order), value.width)


def _gather(_: onnx.NodeProto, inputs: list[Value], attributes: Attributes) -> Value:
    table, indices = inputs
    if attributes.get("axis", 0) != 0 or not table.axes:
        msg = "Gather takes other than rows"
        raise ValueError(msg)
    return Value(indices.axes + table.axes[1:], table.width)


def _concat(_: onnx.NodeProto, inputs: list[Value], attributes: Attributes) -> Value:
    ranks = {len(value.axes) for value in inputs}
    (rank,), place = ranks, attributes["axis"]
    if not isinstance(place, int) or not -rank <= place < rank:
        msg = "Concat has no such axis"
        raise ValueError(msg)
    along = [value.axes[place] for value in inputs]
    if BATCH in along:
        msg = "the batch is made longer"
        raise UnknownSize(msg)
    total = Extent(*(sum(getattr(axis, name) for axis in along) for name in ("per_token", "fixed")))
    axes: tuple[Axis, ...] = ()
    for value in inputs:
        axes = _broadcast(axes, tuple(ONE if i == place % rank else axis for i, axis in enumerate(value.axes)))
    return Value(tuple(total if i == place % rank else axis for i, axis in enumerate(axes)), inputs[0].width)


def _reshape(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    value, target = inputs
    if target.numbers is None:
        msg = "Reshape takes a value to a shape that is not known"
        raise UnknownSize(msg)
    sizes = list(target.numbers)
    n_kept = next((place for place, size in enumerate(sizes) if size != NOTHING), len(sizes))
    if n_kept:  # leading zeros keep the batch and the sequence as they are
        return _cut_anew(value, sizes[n_kept:], n_kept)
    if BATCH in value.axes:
        msg = "Reshape takes the batch apart"
        raise UnknownSize(msg)
    if sizes.count(Extent(0, -1)) == 1:
        others = math.prod(size.fixed for size in sizes if size != Extent(0, -1))
        fixed = math.prod(axis.fixed for axis in value.axes if isinstance(axis, Extent) and not axis.per_token)
        growing = [axis for axis in value.axes if isinstance(axis, Extent) and axis.per_token]
        if others < 1 or len(growing) > 1 or fixed % others:
            msg = "Reshape leaves a size open that cannot be told"
            raise UnknownSize(msg)
        axis = growing[0] if growing else ONE
        rest = Extent(axis.per_token * (fixed // others), axis.fixed * (fixed // others))
        sizes[sizes.index(Extent(0, -1))] = rest
    if any(size.per_token < 0 or (not size.per_token and size.fixed < 1) for size in sizes):
        msg = "Reshape asks for an axis below 1"
        raise ValueError(msg)
    return Value(tuple(sizes), value.width)


def _cut_anew(value: Value, sizes: list[Extent], n_kept: int) -> Value:
    """Return the value with its axes after the first `n_kept` cut in another way, all of fixed sizes."""
    rest = value.axes[n_kept:]
    is_fixed = all(isinstance(axis, Extent) and not axis.per_token for axis in (*rest, *sizes))
    before = math.prod(axis.fixed for axis in rest if isinstance(axis, Extent))
    if not is_fixed or not rest or any(size.fixed < 1 for size in sizes):
        msg = "Reshape cuts an axis whose size cannot be told"
        raise UnknownSize(msg)
    if before != math.prod(size.fixed for size in sizes):
        msg = "Reshape asks for another number of values"
        raise ValueError(msg)
    return Value(value.axes[:n_kept] + tuple(sizes), value.width)


def _matmul(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    """Return a product of vectors with a matrix, [..., n] · [n, m]."""
    vectors, matrix = inputs
    if len(matrix.axes) != 2 or len(vectors.axes) < 2 or vectors.axes[-1] != matrix.axes[0]:
        msg = "MatMul takes other than vectors and a matrix that fits them"
        raise ValueError(msg)
    return Value((*vectors.axes[:-1], matrix.axes[1]), vectors.width)


def _reduce(_: onnx.NodeProto, inputs: list[Value], attributes: Attributes) -> Value:
    value, where = inputs
    if where.numbers is None or len(where.numbers) != 1 or attributes.get("keepdims", 1) != 1:
        msg = "ReduceMean says no axis, or more than one"
        raise UnknownSize(msg)
    place = where.numbers[0].fixed
    if not -len(value.axes) <= place < len(value.axes) or value.axes[place] == BATCH:
        msg = "ReduceMean takes an axis that is not there, or the batch"
        raise ValueError(msg)
    axes = list(value.axes)
    axes[place] = ONE
    return Value(tuple(axes), value.width)


def _slice(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    """Return a part of a value along one axis that is not the batch: never larger than the value itself."""
    value, starts, ends, axes = inputs
    if any(numbers is None or len(numbers) != 1 for numbers in (starts.numbers, ends.numbers, axes.numbers)):
        msg = "Slice says no place, or more than one"
        raise UnknownSize(msg)
    (start,), (end,), (place,) = (numbers.numbers or () for numbers in (starts, ends, axes))
    axis = value.axes[place.fixed]
    if isinstance(axis, str) or start.per_token or end.per_token or start.fixed < 0 or end.fixed == 0:
        msg = "Slice takes the batch apart, or counts in another way"
        raise UnknownSize(msg)
    size = Extent(axis.per_token, axis.fixed - start.fixed + min(0, end.fixed))
    if 0 < end.fixed < LARGEST_SIZE:
        size = Extent(0, end.fixed - start.fixed)
    cut = list(value.axes)
    cut[place.fixed] = size
    return Value(tuple(cut), value.width)


def _range(_: onnx.NodeProto, inputs: list[Value], __: Attributes) -> Value:
    if any(value.numbers is None or value.axes for value in inputs):
        msg = "Range has a length that cannot be told before it runs"
        raise UnknownSize(msg)
    (start,), (limit,), (step,) = (value.numbers or () for value in inputs)
    length = Extent(limit.per_token - start.per_token, limit.fixed - start.fixed)
    if step != ONE or length.per_token < 0:
        msg = "Range has a length that does not follow the sequence, or steps other than 1"
        raise UnknownSize(msg)
    return Value((length,), 8)


RULES: Final[dict[str, Callable[[onnx.NodeProto, list[Value], Attributes], Value]]] = {
    "Cast": _cast,
    "Clip": _first,
    "Concat": _concat,
    "CumSum": _first,
    "Gather": _gather,
    "LayerNormalization": _first,
    "MatMul": _matmul,
    "Range": _range,
    "ReduceMean": _reduce,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
