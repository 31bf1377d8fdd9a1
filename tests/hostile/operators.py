"""Operators that no layer needs: some never end, some take gigabytes of memory for a few bytes of the file."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from tests.hostile.toy import ROWS, Change, insert, node, rehash, store


def operator(
    op_type: str, inputs: Sequence[str], *, stored: Mapping[str, ArrayLike] | None = None, **attributes: Any
) -> Change:
    """Return a change that puts one operator before the sum, with what it needs as stored weights."""

    def change(proto: onnx.ModelProto) -> None:
        for name, values in (stored or {}).items():
            store(proto, name, values)
        insert(
            proto,
            helper.make_node(op_type, inputs, ["odd"], **attributes),
            helper.make_node("Add", [ROWS, "odd"], ["joined"]),
        )
        rehash(proto)

    return change


def body(name: str = "body") -> onnx.GraphProto:
    value = helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)
    constant = helper.make_node("Identity", [ROWS], ["inner"])
    return helper.make_graph([constant], name, [], [value])


def loop(proto: onnx.ModelProto) -> None:
    """Add a loop of 2⁶² turns."""
    number = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    carried = helper.make_tensor_value_info("going_out", TensorProto.BOOL, [])
    turns = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["going_out"])], "turns", [number, going], [carried]
    )
    store(proto, "many", np.int64(2**62))
    store(proto, "yes", np.bool_(True))
    insert(
        proto,
        helper.make_node("Loop", ["many", "yes"], [], body=turns),
        helper.make_node("Identity", [ROWS], ["joined"]),
    )


def nested(depth: int) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        graph = body()
        for level in range(depth):
            value = helper.make_tensor_value_info(f"v{level}", TensorProto.FLOAT, None)
            inner = helper.make_node("If", ["yes"], [f"v{level}"], then_branch=graph, else_branch=body())
            graph = helper.make_graph([inner], f"g{level}", [], [value])
        store(proto, "yes", np.bool_(True))
        insert(
            proto,
            helper.make_node("If", ["yes"], ["odd"], then_branch=graph, else_branch=body()),
            helper.make_node("Identity", [ROWS], ["joined"]),
        )

    return change


def limit(value: int) -> Change:
    """Return a change that makes the Range of the positions as long as a constant."""

    def change(proto: onnx.ModelProto) -> None:
        store(proto, "limit", np.int64(value))
        node(proto, "Range").input[1] = "limit"

    return change


def powers(n: int) -> Change:
    """Return a change that squares the length n times, so that Range would count to sequence ** (2 ** n)."""

    def change(proto: onnx.ModelProto) -> None:
        length = node(proto, "Range").input[1]
        names = [length, *(f"p{index}" for index in range(n))]
        squares = [helper.make_node("Mul", [a, a], [b]) for a, b in pairwise(names)]
        kept = list(proto.graph.node)
        at = [kept_node.op_type for kept_node in kept].index("Range")
        kept[at].input[1] = names[-1]
        del proto.graph.node[:]
        proto.graph.node.extend([*kept[:at], *squares, *kept[at:]])

    return change


def wraps_around(proto: onnx.ModelProto) -> None:
    """Count to a number below zero that wraps around to a huge one in 64 bits."""
    store(proto, "low", np.int64(-(2**63)))
    store(proto, "ten", np.int64(2**40))
    store(proto, "minus", np.int64(-1))
    kept = list(proto.graph.node)
    at = [kept_node.op_type for kept_node in kept].index("Range")
    extra = [
        helper.make_node("Add", [kept[at].input[1], "low"], ["w0"]),
        helper.make_node("Add", ["w0", "minus"], ["w1"]),
        helper.make_node("Sub", ["w1", "ten"], ["w2"]),
    ]
    kept[at].input[1] = "w2"
    del proto.graph.node[:]
    proto.graph.node.extend([*kept[:at], *extra, *kept[at:]])


def batch_squared(proto: onnx.ModelProto) -> None:
    store(proto, "first", np.array([0]))
    store(proto, "second", np.array([1]))
    insert(
        proto,
        helper.make_node("Unsqueeze", ["token_ids", "first"], ["a"]),
        helper.make_node("Unsqueeze", ["token_ids", "second"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Identity", [ROWS], ["joined"]),
    )


def outer_product(proto: onnx.ModelProto) -> None:
    """Combine every number of the table with every other, again and again."""
    store(proto, "axes", np.array([2, 3]))
    names = [ROWS, "o0", "o1"]
    nodes = []
    for index, name in enumerate(names[:2]):
        nodes.append(helper.make_node("Unsqueeze", [name, "axes"], [f"u{index}"]))
        nodes.append(helper.make_node("Add", [f"u{index}", ROWS], [names[index + 1]]))
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def gathers(proto: onnx.ModelProto) -> None:
    """Gather rows of rows of rows, each of which multiplies the size by the width of the table."""
    table = np.zeros((200, 200), np.int64)
    store(proto, "links", table)
    nodes = [
        helper.make_node("Gather", ["links", "token_ids" if index == 0 else f"g{index - 1}"], [f"g{index}"], axis=0)
        for index in range(6)
    ]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def doubling(proto: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Concat", [name, name], [f"d{index}"], axis=-1)
        for index, name in enumerate([ROWS, *(f"d{index}" for index in range(40))][:40])
    ]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def many_nodes(proto: onnx.ModelProto) -> None:
    nodes = [helper.make_node("Identity", [ROWS], [f"n{index}"]) for index in range(20_000)]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def attribute_of(kind: AttributeProto.AttributeType) -> Change:
    def change(proto: onnx.ModelProto) -> None:
        inner = node(proto, "Gather").attribute.add(name="extra", type=kind)
        if kind == AttributeProto.GRAPH:
            inner.g.CopyFrom(body())
        elif kind == AttributeProto.TENSOR:
            inner.t.CopyFrom(numpy_helper.from_array(np.zeros(3), "t"))

    return change
