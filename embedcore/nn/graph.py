"""A generic graph as a file of this folder declares it, in `GRAPHS`, and the example inputs that several graphs share.

Its parameters are inputs, so that one small `.onnx` file serves every setting. torch exports it with an example of each
input, of which the type and the number of axes matter, but neither the values nor the sizes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

Axes = tuple[str, ...]
Inputs = dict[str, tuple[Tensor, Axes]]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A generic graph: its module, its inputs, and the names of its outputs.

    An input is an example tensor and a name for each of its axes: "n", "2*n" for one that is twice as long as "n", or
    "" for one that always has size 1. A graph holds tensors of torch, so it is equal only to itself.
    """

    module: nn.Module
    inputs: Inputs
    outputs: tuple[str, ...]


def heads() -> Inputs:
    """Return the inputs `queries` and `keys`, float32 [n_heads, n, head_dim]."""
    return {
        "queries": (floats(2, 3, 6), ("n_heads", "n_queries", "head_dim")),
        "keys": (floats(2, 4, 6), ("n_heads", "n_keys", "head_dim")),
    }


def places() -> Inputs:
    """Return the positions of queries and keys, int64 [n]."""
    return {
        "query_positions": (torch.arange(3), ("n_queries",)),
        "key_positions": (torch.arange(4), ("n_keys",)),
    }


def real_places() -> Inputs:
    """Return the positions of queries and keys, float64 [n], for a scheme that is defined between whole ones too."""
    return {"query_positions": (reals(3), ("n_queries",)), "key_positions": (reals(4), ("n_keys",))}


def relative_table() -> Inputs:
    """Return a learned table whose rows belong to distances, float32 [n_rows, head_dim]."""
    return {"table": (floats(5, 6), ("n_rows", "head_dim"))}


def reals(n: int) -> Tensor:
    """Return 0 … n − 1 as float64 [n]."""
    return torch.arange(n, dtype=torch.float64)


def floats(*shape: int) -> Tensor:
    """Return float32 ones of the given shape."""
    return torch.ones(shape)


def switch() -> tuple[Tensor, Axes]:
    """Return an input that is true or false."""
    return torch.tensor(data=True), ()


def number() -> tuple[Tensor, Axes]:
    """Return an input that is one float64."""
    return torch.tensor(2.0, dtype=torch.float64), ()
