"""A generic graph as a file of this folder declares it, in `GRAPHS`, and the example inputs that several graphs share.

Its parameters are inputs, so that one small `.onnx` file serves every setting. torch exports it by an example of each
input; the values of an example do not matter, and of its shape only the number of axes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

Axes = tuple[str, ...]
Inputs = dict[str, tuple[Tensor, Axes]]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A generic graph: its module, its inputs, and the names of its outputs.

    An input is an example and the names of its axes: "n", or "2*n" for its double, or "" for one that is always 1.
    A graph holds torch's tensors, so it is equal to itself alone.
    """

    module: nn.Module
    inputs: Inputs
    outputs: tuple[str, ...]


def heads() -> Inputs:
    """Return queries and keys, cut into heads."""
    return {
        "queries": (floats(2, 3, 6), ("n_heads", "n_queries", "head_dim")),
        "keys": (floats(2, 4, 6), ("n_heads", "n_keys", "head_dim")),
    }


def places() -> Inputs:
    """Return whole places of queries and keys."""
    return {
        "query_positions": (torch.arange(3), ("n_queries",)),
        "key_positions": (torch.arange(4), ("n_keys",)),
    }


def real_places() -> Inputs:
    """Return places of queries and keys for a scheme that is defined between whole ones too."""
    return {"query_positions": (reals(3), ("n_queries",)), "key_positions": (reals(4), ("n_keys",))}


def relative_table() -> Inputs:
    """Return a learned table with one row for some distances."""
    return {"table": (floats(5, 6), ("n_rows", "head_dim"))}


def reals(n: int) -> Tensor:
    """Return float64 [n]."""
    return torch.arange(n, dtype=torch.float64)


def floats(*shape: int) -> Tensor:
    """Return float32 of a shape."""
    return torch.ones(shape)


def switch() -> tuple[Tensor, Axes]:
    """Return an input that is true or false."""
    return torch.tensor(data=True), ()


def number() -> tuple[Tensor, Axes]:
    """Return an input that is one float64."""
    return torch.tensor(2.0, dtype=torch.float64), ()
