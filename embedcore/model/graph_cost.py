"""What a run of a model's graph can allocate: held to the contract's budget before any of it runs."""

import math

import onnx

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.layer.steps import widest
from embedcore.model.graph_extent import BATCH, UnknownSize, Value
from embedcore.model.graph_shapes import graph_values
from embedcore.schemes.outputs import output_axes


def cost_breaches(graph: onnx.GraphProto, metadata: ModelMetadata) -> list[str]:
    """Return, in words, what in `graph` takes more than the contract's budget, or cannot be told; empty if nothing.

    The graph keeps `graph_check.graph_breaches`. No value may hold more numbers than the largest output does, for any
    length of the sequence, or than the largest weight beside the table, and none but those with a batch axis may grow
    with the batch.
    """
    try:
        values = graph_values(graph)
    except UnknownSize as error:
        return [str(error)]
    largest = {length: _largest_outputs(metadata, length) for length in {1, metadata.context_length}}
    beside = max((math.prod(tensor.dims) for tensor in graph.initializer if tensor.name != contract.TABLE), default=0)
    absent = [output.name for output in graph.output if output.name not in values]
    if absent:
        return [f"no operator gives the output {absent[0][:60]!r}"]
    for name, value in values.items():
        if value.axes.count(BATCH) > 1:
            return [f"value {name[:60]!r} grows with the square of the batch"]
        for length, (with_batch, without) in largest.items():
            most = with_batch if BATCH in value.axes else max(without, beside)
            if value.n_numbers(length) > most:
                return [
                    f"value {name[:60]!r} takes {value.n_numbers(length):,} numbers for {length:,} tokens, and the "
                    f"largest output {most:,}"
                ]
    if _bytes(values, 1) > contract.LARGEST_RUN:
        return [f"a run of 1 token takes {_bytes(values, 1):,} bytes, and {contract.LARGEST_RUN:,} is the most"]
    return []


def longest_run(graph: onnx.GraphProto, metadata: ModelMetadata, *, most: int = contract.LARGEST_RUN) -> int:
    """Return the most tokens whose run, by itself, stays within `most` bytes; 1 … context_length.

    The graph keeps `cost_breaches`. One token is taken for possible, whatever it costs.
    """
    values = graph_values(graph)
    low, high = 1, metadata.context_length
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _bytes(values, middle) <= most else (low, middle - 1)
    return low


def _bytes(values: dict[str, Value], sequence: int) -> int:
    """Return the bytes of all values for a batch of one, as if none were freed."""
    return sum(value.n_numbers(sequence) * value.width for value in values.values())


def _largest_outputs(metadata: ModelMetadata, sequence: int) -> tuple[int, int]:
    """Return how many numbers the largest output with a batch axis holds, and the largest of all; the batch is 1."""
    sizes = {contract.DISTANCES: 2 * sequence - 1, "sequence": sequence, BATCH: 1}
    outputs = [
        (BATCH in axes, math.prod(sizes.get(axis, 1) if isinstance(axis, str) else axis for axis in axes))
        for axes in output_axes(metadata).values()
    ]
    between = sequence * widest(metadata)  # of the vectors between two steps
    return max(between, *(n for has_batch, n in outputs if has_batch)), max(n for _, n in outputs)
