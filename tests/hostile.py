"""Model files that mean harm, or were harmed: made from the toy, for the tests that hold the library to refuse them."""

import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from embedcore import contract
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import weights

TOY = MODELS_FOLDER / "toy.onnx"
BOUND = 3_000_000_000  # bytes of address space for a process that opens a hostile file: imports alone map over 1 GB
SECONDS = 60  # importing takes a few of them on a busy machine
ROWS = "token_embeddings_inner"  # the rows before they are given out: what other operators read


def toy():
    return onnx.load(TOY)


def prop(proto, key):
    return next(prop for prop in proto.metadata_props if prop.key == f"embedcore.{key}")


def tensor(proto, name):
    return next(tensor for tensor in proto.graph.initializer if tensor.name == name)


def node(proto, op_type):
    return next(node for node in proto.graph.node if node.op_type == op_type)


def say(key, value):
    def change(proto):
        prop(proto, key).value = value

    return change


def rehash(proto):
    prop(proto, "weights_sha256").value = contract.weights_digest(weights(proto))


def store(proto, name, values):
    proto.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def insert(proto, *nodes):
    """Put nodes before the sum, whose first input becomes the last node's output."""
    kept = [onnx.NodeProto.FromString(item.SerializeToString()) for item in proto.graph.node]
    place = next(index for index, item in enumerate(kept) if item.op_type == "Add")
    kept[place].input[0] = nodes[-1].output[0]
    del proto.graph.node[:]
    proto.graph.node.extend([*kept[:place], *nodes, *kept[place:]])


def operator(op_type, inputs, *, stored=None, **attributes):
    """A change that puts one operator in the way of the sum, with what it needs as stored weights."""

    def change(proto):
        for name, values in (stored or {}).items():
            store(proto, name, values)
        insert(
            proto,
            helper.make_node(op_type, inputs, ["odd"], **attributes),
            helper.make_node("Add", [ROWS, "odd"], ["joined"]),
        )
        rehash(proto)

    return change


def body(name="body"):
    value = helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)
    constant = helper.make_node("Identity", [ROWS], ["inner"])
    return helper.make_graph([constant], name, [], [value])


def loop(proto):
    """A loop of 2⁶² turns."""
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


def nested(depth):
    def change(proto):
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


def outside(location):
    def change(proto):
        table = tensor(proto, "table")
        table.ClearField("raw_data")
        table.data_location = TensorProto.EXTERNAL
        table.external_data.add(key="location", value=location)

    return change


def external_entry_alone(proto):
    tensor(proto, "table").external_data.add(key="location", value="/etc/passwd")


def own_function(proto):
    function = helper.make_function("own", "f", ["x"], ["y"], [helper.make_node("Identity", ["x"], ["y"])], [])
    proto.functions.append(function)


def training(proto):
    proto.training_info.add().algorithm.CopyFrom(proto.graph)


def sparse(proto):
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    places = numpy_helper.from_array(np.zeros(1, np.int64), "places")
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [2**31, 2**31]))


def dims(name, *sizes):
    def change(proto):
        tensor(proto, name).dims[:] = sizes

    return change


def twice(name):
    def change(proto):
        proto.graph.initializer.append(tensor(proto, name))

    return change


def element_type(where, number):
    def change(proto):
        getattr(proto.graph, where)[0].type.tensor_type.elem_type = number

    return change


def tensor_type(number):
    def change(proto):
        tensor(proto, "table").data_type = number

    return change


def limit(value):
    """The positions' own Range, as long as a constant says."""

    def change(proto):
        store(proto, "limit", np.int64(value))
        node(proto, "Range").input[1] = "limit"

    return change


def powers(n):
    """Numbers that multiply themselves: sequence ** (2 ** n) is what Range would count to."""

    def change(proto):
        length = node(proto, "Range").input[1]
        names = [length, *(f"p{index}" for index in range(n))]
        squares = [helper.make_node("Mul", [a, a], [b]) for a, b in pairwise(names)]
        kept = list(proto.graph.node)
        at = [kept_node.op_type for kept_node in kept].index("Range")
        kept[at].input[1] = names[-1]
        del proto.graph.node[:]
        proto.graph.node.extend([*kept[:at], *squares, *kept[at:]])

    return change


def wraps_around(proto):
    """sequence − 2⁶³ + … is below zero here and far above in 64 bits."""
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


def batch_squared(proto):
    store(proto, "first", np.array([0]))
    store(proto, "second", np.array([1]))
    insert(
        proto,
        helper.make_node("Unsqueeze", ["token_ids", "first"], ["a"]),
        helper.make_node("Unsqueeze", ["token_ids", "second"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Identity", [ROWS], ["joined"]),
    )


def outer_product(proto):
    """Every number of the table by every other, again and again."""
    store(proto, "axes", np.array([2, 3]))
    names = [ROWS, "o0", "o1"]
    nodes = []
    for index, name in enumerate(names[:2]):
        nodes.append(helper.make_node("Unsqueeze", [name, "axes"], [f"u{index}"]))
        nodes.append(helper.make_node("Add", [f"u{index}", ROWS], [names[index + 1]]))
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def gathers(proto):
    """Rows of rows of rows: each turn multiplies what there is by the width of the table."""
    table = np.zeros((200, 200), np.int64)
    store(proto, "links", table)
    nodes = [
        helper.make_node("Gather", ["links", "token_ids" if index == 0 else f"g{index - 1}"], [f"g{index}"], axis=0)
        for index in range(6)
    ]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def doubling(proto):
    nodes = [
        helper.make_node("Concat", [name, name], [f"d{index}"], axis=-1)
        for index, name in enumerate([ROWS, *(f"d{index}" for index in range(40))][:40])
    ]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def many_nodes(proto):
    nodes = [helper.make_node("Identity", [ROWS], [f"n{index}"]) for index in range(20_000)]
    insert(proto, *nodes, helper.make_node("Identity", [ROWS], ["joined"]))


def attribute_of(kind):
    def change(proto):
        inner = node(proto, "Gather").attribute.add(name="extra", type=kind)
        if kind == AttributeProto.GRAPH:
            inner.g.CopyFrom(body())
        elif kind == AttributeProto.TENSOR:
            inner.t.CopyFrom(numpy_helper.from_array(np.zeros(3), "t"))

    return change


def claim_rows(proto):
    """Says 10⁹ rows, and folds every id into the six that there are."""
    prop(proto, "n_vocab").value = str(10**9)
    store(proto, "five", np.int64(5))
    gather = node(proto, "Gather")
    at = list(proto.graph.node).index(gather)
    kept = list(proto.graph.node)
    gather.input[1] = "folded"
    kept.insert(at, helper.make_node("Min", ["token_ids", "five"], ["folded"]))
    saved = [onnx.NodeProto.FromString(item.SerializeToString()) for item in kept]
    del proto.graph.node[:]
    proto.graph.node.extend(saved)


def claim_context(proto):
    """Says 10¹² positions of a scheme that stores none."""
    prop(proto, "context_length").value = str(10**12)


def endless_positions(proto):
    """Positions that are computed, [sequence, 3] out of Range alone, and a context of 2³¹ − 1."""
    prop(proto, "context_length").value = str(contract.LARGEST_SIZE)
    gather = proto.graph.node[4]
    assert list(gather.output) == ["position_embeddings_inner"]
    store(proto, "axis", np.array([1]))
    store(proto, "zeros", np.zeros(3, np.float32))
    nodes = [
        helper.make_node("Cast", ["arange"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "axis"], ["column"]),
        helper.make_node("Add", ["column", "zeros"], ["position_embeddings_inner"]),
    ]
    kept = list(proto.graph.node)
    saved = [*kept[:4], *nodes, *kept[5:]]
    saved = [onnx.NodeProto.FromString(item.SerializeToString()) for item in saved]
    del proto.graph.node[:]
    proto.graph.node.extend(saved)
    rehash(proto)


def claim_places(proto):
    """More positions than are stored, and more stored than the run at opening takes."""
    prop(proto, "context_length").value = "5000"
    table = tensor(proto, "position.table")
    table.CopyFrom(numpy_helper.from_array(np.zeros((4_500, 3), np.float32), table.name))
    rehash(proto)


ODD_SIZES = ["-1", "0", str(10**12), str(10**400), "9" * 5000, "1e3", "6.0", " 6", "+6", "6_0", "６", "NaN", "", "true"]
ODD_OBJECTS = [
    "", "null", "[]", "3", '"x"', "{", '{"a":1,"a":2}', '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":1e999}',
    f'{{"a":{10**400}}}', '{"a":' + "9" * 5000 + "}", '{"a":"\\ud800"}', '{"\\udfff":1}', '{"a":' + "[" * 40 + "]" * 40 + "}",
    "[" * 1000 + "]" * 1000, '{"a":' * 1000 + "1" + "}" * 1000, "[" * 200_000, '{"a":' * 200_000, '{"a":"' + "x" * 2_000_000 + '"}',
    "\x00", "{'a': 1}", '{"a":1}}', "\ufeff{}",
]  # fmt: skip

CHANGES = {
    **{f"{key} is {value[:12]!r} ({len(value)})": say(key, value) for key in ("n_vocab", "d_model", "context_length", "contract_version") for value in ODD_SIZES},
    **{
        f"{key} is {value[:24]!r} ({len(value)})": say(key, value)
        for key in ("position_parameters", "provenance")
        for value in ODD_OBJECTS
    },
    **{f"{key} of 100,000 characters": say(key, "x" * 100_000) for key in ("name", "tokenizer", "source", "exporter_versions")},
    **{f"the name is {name!r}": say("name", name) for name in ("", 'x"); import os #', "a\nb", "\\", "\u2028x", "\0", "x" * 201)},
    "a seed that is code": say("provenance", '{"seed": "0); import os #"}'),
    "a parameter of no scheme": say("position_parameters", '{"n_heads": 2}'),
    "a scale of zero": say("position_parameters", '{"embedding_scale": 0}'),
    "a scale of true": say("position_parameters", '{"embedding_scale": true}'),
    "a layer norm of words": say("position_parameters", '{"layer_norm_epsilon": "1e-5"}'),
    "weights of another type": say("weights_dtype", "float16"),
    "weights of no type": say("weights_dtype", "x"),
    "no digest": say("weights_sha256", ""),
    "a scheme of no name": say("position_scheme", ""),
    "a key twice": lambda proto: proto.metadata_props.add(key="embedcore.name", value="other"),
    "a million keys": lambda proto: [proto.metadata_props.add(key=f"k{i}", value="") for i in range(20_000)],
    "an unknown type of input": element_type("input", 77),
    "an unknown type of output": element_type("output", 77),
    "no type of output": lambda proto: proto.graph.output[0].ClearField("type"),
    "an output that is a sequence": lambda proto: proto.graph.output[0].type.sequence_type.elem_type.tensor_type.SetInParent(),
    "an output twice": lambda proto: proto.graph.output.append(proto.graph.output[0]),
    "a second input": lambda proto: proto.graph.input.add(name="other"),
    "weights as input": lambda proto: proto.graph.input.add(name="table"),
    "an unknown type of weights": tensor_type(77),
    "no type of weights": tensor_type(0),
    "weights of text": tensor_type(TensorProto.STRING),
    "weights of int4": tensor_type(TensorProto.INT4),
    "weights of bfloat16": tensor_type(TensorProto.BFLOAT16),
    "weights of complex": tensor_type(TensorProto.COMPLEX64),
    "a negative axis": dims("table", -6, 3),
    "two negative axes": dims("table", -6, -3),
    "a huge axis": dims("table", 2**62, 3),
    "axes whose product wraps to their size": dims("table", 2**32, 2**32, 18),
    "an axis of zero": dims("table", 0, 3),
    "no axes": dims("table"),
    "a hundred axes": dims("table", 6, 3, *[1] * 98),
    "other axes of the same size": dims("table", 3, 6),
    "weights twice": twice("table"),
    "weights without a name": lambda proto: setattr(tensor(proto, "table"), "name", ""),
    "raw and typed weights": lambda proto: tensor(proto, "table").float_data.extend([1.0] * 18),
    "external data": outside("../../../../etc/passwd"),
    "external data, absolute": outside("/etc/passwd"),
    "external data in a device": outside("/dev/zero"),
    "external data in memory": outside("*/_ORT_MEM_ADDR_/*"),
    "an entry of external data": external_entry_alone,
    "sparse weights": sparse,
    "functions": own_function,
    "training": training,
    "a foreign domain": lambda proto: setattr(node(proto, "Add"), "domain", "com.microsoft"),
    "a foreign domain beside ours": lambda proto: proto.opset_import.add(domain="com.microsoft", version=1),
    "two opsets": lambda proto: proto.opset_import.add(domain="", version=7),
    "an opset by its other name": lambda proto: proto.opset_import.add(domain="ai.onnx", version=7),
    "no opset": lambda proto: proto.ClearField("opset_import"),
    "an IR version below zero": lambda proto: setattr(proto, "ir_version", -1),
    "no IR version": lambda proto: proto.ClearField("ir_version"),
    "a loop of 2⁶² turns": loop,
    "one if": nested(0),
    "thirty nested ifs": nested(30),
    "16 GB of a constant": operator("ConstantOfShape", ["shape"], stored={"shape": np.array([4_000_000_000])}),
    "16 GB by Expand": operator("Expand", [ROWS, "shape"], stored={"shape": np.array([4_000_000_000, 1, 1, 1])}),
    "16 GB by Tile": operator("Tile", [ROWS, "n"], stored={"n": np.array([1, 1, 4_000_000_000])}),
    "16 GB by Pad": operator("Pad", [ROWS, "n"], stored={"n": np.array([0, 0, 0, 0, 0, 4_000_000_000])}),
    "16 GB by Resize": operator("Resize", [ROWS, "", "n"], stored={"n": np.array([1, 1, 4e9], np.float32)}),
    "random numbers": operator("RandomUniform", [], shape=[4_000_000_000]),
    "a one-hot of 10⁹": operator("OneHot", ["token_ids", "n", "v"], stored={"n": np.array([10**9]), "v": np.array([0.0, 1.0])}),
    "a sequence": operator("SequenceEmpty", []),
    "an optional": operator("Optional", [ROWS]),
    "an outer product by MatMul": operator("MatMul", ["a", "b"], stored={"a": np.ones((50_000, 1), np.float32), "b": np.ones((1, 50_000), np.float32)}),
    "a strange operator": operator("Nonsense", [ROWS]),
    "32 GB of Range": limit(2**32),
    "Range to 2⁶²": limit(2**62),
    "Range below zero": limit(-(2**62)),
    "Range to the 16th power": powers(4),
    "a Range that wraps around": wraps_around,
    "the square of the batch": batch_squared,
    "outer products": outer_product,
    "rows of rows of rows": gathers,
    "two to the fortieth": doubling,
    "20,000 operators": many_nodes,
    "a graph as attribute": attribute_of(AttributeProto.GRAPH),
    "weights as attribute": attribute_of(AttributeProto.TENSOR),
    "an unnamed attribute type": attribute_of(AttributeProto.UNDEFINED),
    "an attribute by reference": lambda proto: setattr(node(proto, "Gather").attribute[0], "ref_attr_name", "x"),
    "a Cast to text": operator("Cast", [ROWS], to=TensorProto.STRING),
    "a Cast to an unknown type": operator("Cast", [ROWS], to=77),
    "an operator without inputs": operator("Gather", [], axis=0),
    "an operator that takes what comes later": operator("Identity", ["input_embeddings"]),
    "an operator that gives two values": lambda proto: node(proto, "Add").output.append("second"),
    "an output that nothing gives": lambda proto: node(proto, "Add").output.__setitem__(0, "elsewhere"),
    "an operator in a circle": lambda proto: node(proto, "Add").input.__setitem__(0, "input_embeddings"),
    "a transpose of other axes": operator("Transpose", [ROWS], perm=[9, 8, 7]),
    "a reshape that does not fit": operator("Reshape", ["table", "n"], stored={"n": np.array([-1, -1])}),
    "10⁹ rows that are six": claim_rows,
    "10¹² positions": claim_context,
}  # fmt: skip


def hostile(path: Path, change) -> Path:
    """Write the toy with `change` done to it."""
    proto = toy()
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def bounded(code: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python code in a process that may take 3 GB and a minute."""

    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (BOUND, BOUND))

    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=bound,
        check=False,
    )
