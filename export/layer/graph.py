"""Graph: operators and constants of a file as they are added, each value named once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from embedcore.layer.steps import SCALES
from export.layer.spec import Weight
from export.sources.source import Blocks


class Graph:
    """The operators of one file, in order. Values are named by what they are; weights keep the names of the spec."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.weights: dict[str, Weight] = {}
        self._n_values = 0

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add an operator and return the name of its value: `name`, or a new one."""
        if not name:
            self._n_values += 1
            name = f"value_{self._n_values}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def whole(self, *numbers: int, is_single: bool = False) -> str:
        """Return the name of a constant of whole numbers, int64 [n], or [] for a single one."""
        listed = "_".join(str(number).replace("-", "minus") for number in numbers)
        name = f"number_{listed}" if is_single else f"numbers_{listed}"
        values = np.array(numbers[0] if is_single else numbers, np.int64)
        self.constants.setdefault(name, values)
        return name

    def real(self, number: float) -> str:
        """Return the name of a new constant, float32 []."""
        name = f"constant_{len(self.constants)}"
        self.constants[name] = np.array(number, np.float32)
        return name

    def ones(self, width: int) -> str:
        """Return the name of a constant of ones, float32 [width]: the weight of a norm that has none."""
        name = f"ones_{width}"
        self.constants.setdefault(name, np.ones(width, np.float32))
        return name

    def weight(self, name: str, values: Weight) -> str:
        """Add a weight and return the name of its float32 values: blocks times their scales, float16 widened."""
        self.weights[name] = values
        if isinstance(values, Blocks):
            n_rows, n_blocks, size = values.values.shape
            return self.add("Reshape", self._widened(name, name + SCALES), self.whole(n_rows, n_blocks * size))
        if values.dtype == np.float16:
            return self.add("Cast", name, to=TensorProto.FLOAT)
        return name

    def rows(self, name: str, token_ids: str, *, dtype: str, width: int) -> str:
        """Return the name of float32 rows of a table, gathered first and converted afterwards."""
        gathered = self.add("Gather", name, token_ids, axis=0)
        if dtype == "int8":
            scales = self.add("Gather", name + SCALES, token_ids, axis=0)
            return self.add("Reshape", self._widened(gathered, scales), self.whole(0, 0, width))
        return self.add("Cast", gathered, to=TensorProto.FLOAT) if dtype == "float16" else gathered

    def _widened(self, blocks: str, scales: str) -> str:
        values = self.add("Cast", blocks, to=TensorProto.FLOAT)
        factors = self.add("Unsqueeze", self.add("Cast", scales, to=TensorProto.FLOAT), self.whole(-1))
        return self.add("Mul", values, factors)

    def length(self) -> str:
        """Return the name of the sequence's length, int64 []."""
        return self.add("Squeeze", self.add("Shape", "token_ids", start=1, end=2))

    def places(self) -> str:
        """Return the name of the places 0 … sequence − 1, int64 [sequence]."""
        zero, one = self.whole(0, is_single=True), self.whole(1, is_single=True)
        return self.add("Range", zero, self.length(), one)


def tensors_of(name: str, values: Weight) -> Sequence[tuple[str, np.ndarray]]:
    """Return the arrays that a weight is stored as, by their names in the file."""
    if isinstance(values, Blocks):
        return ((name, values.values), (name + SCALES, values.scales))
    return ((name, values),)


def n_numbers(values: Weight) -> int:
    """Return how many numbers a weight stands for."""
    return values.values.size if isinstance(values, Blocks) else values.size
