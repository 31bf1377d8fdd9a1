"""The rows of a table that score highest against queries: one matrix product and one top-k."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from embedcore.nn.graph import Graph, Inputs, floats


class SearchGraph(nn.Module):
    """scores = queries · tableᵀ + bias; of each query the k highest, falling; in the ONNX file equal ones by lower row.

    table [n_rows, d_model] and queries [n_queries, d_model], float32; bias [n_rows], float32; 1 ≤ k ≤ n_rows.
    Unit rows and bias 0 give cosines; raw rows and bias 0 dot products; raw rows and bias −½|row|² the order of
    Euclidean distance, for |q − x|² = |q|² − 2 (q·x − ½|x|²).
    """

    def forward(self, table: Tensor, queries: Tensor, bias: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores [n_queries, k] float32 and row numbers [n_queries, k] int64."""
        return _highest(torch.addmm(bias, queries, table.T), k)


class HalfSearchGraph(nn.Module):
    """The same search over a float16 table, each row widened and multiplied by its own `scale` when it is read.

    `scale` is float32 [n_rows]. A unit row does not fit float16 without loss; its float32 scale does.
    """

    def forward(self, table: Tensor, scale: Tensor, queries: Tensor, bias: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores [n_queries, k] float32 and row numbers [n_queries, k] int64."""
        return _highest(torch.addmm(bias, queries, (table.float() * scale[:, None]).T), k)


def _highest(scores: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    n_wanted = int(k.item())
    torch._check(n_wanted >= 1)  # type: ignore[no-untyped-call]
    torch._check(n_wanted <= scores.shape[1])  # type: ignore[no-untyped-call]
    best = torch.topk(scores, n_wanted)
    return best.values, best.indices


_QUERIES: Final[Inputs] = {
    "queries": (floats(2, 6), ("n_queries", "d_model")),
    "bias": (floats(5), ("n_rows",)),
    "k": (torch.tensor(3), ()),
}
_TABLE: Final[Inputs] = {"table": (floats(5, 6), ("n_rows", "d_model"))}
_HALF_TABLE: Final[Inputs] = {
    "table": (floats(5, 6).half(), ("n_rows", "d_model")),
    "scale": (floats(5), ("n_rows",)),
}
GRAPHS: Final[Mapping[str, Graph]] = {
    "search": Graph(SearchGraph(), _TABLE | _QUERIES, ("scores", "token_ids")),
    "search_half": Graph(HalfSearchGraph(), _HALF_TABLE | _QUERIES, ("scores", "token_ids")),
}
