"""The rows of a table that score highest against queries: one matrix product and one top-k."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from embedcore.nn.graph import Graph, Inputs, floats


class SearchGraph(nn.Module):
    """Finds the k highest scores of each query, in falling order: scores = queries · tableᵀ + bias.

    `table` [n_rows, d_model], `queries` [n_queries, d_model] and `bias` [n_rows] are float32; 1 ≤ k ≤ n_rows. In the
    ONNX file, the lower row comes first among equal scores. Rows of length 1 and a bias of 0 give cosines; plain rows
    and a bias of 0 give dot products; plain rows and a bias of −½|row|² give the order of Euclidean distance, because
    |q − x|² = |q|² − 2 (q·x − ½|x|²).
    """

    def forward(self, table: Tensor, queries: Tensor, bias: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores [n_queries, k] float32 and row numbers [n_queries, k] int64."""
        return _highest(torch.addmm(bias, queries, table.T), k)


class HalfSearchGraph(nn.Module):
    """The same search over a float16 table, each row of which is widened and multiplied by its own `scale`.

    `scale` is float32 [n_rows]. A row of length 1 does not fit into float16 without loss; a plain row and its scale do.
    """

    def forward(self, table: Tensor, scale: Tensor, queries: Tensor, bias: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores [n_queries, k] float32 and row numbers [n_queries, k] int64."""
        return _highest(torch.addmm(bias, queries, (table.float() * scale[:, None]).T), k)


class ScaledSearchGraph(nn.Module):
    """The same search over a float32 table, each score of which is multiplied by its row's own `scale`.

    `scale` is float32 [n_rows]. One over the rows' lengths gives cosines without a second, normalized table.
    """

    def forward(self, table: Tensor, scale: Tensor, queries: Tensor, bias: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores [n_queries, k] float32 and row numbers [n_queries, k] int64."""
        return _highest(queries @ table.T * scale + bias, k)


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
_SCALE: Final[Inputs] = {"scale": (floats(5), ("n_rows",))}
_HALF_TABLE: Final[Inputs] = {"table": (floats(5, 6).half(), ("n_rows", "d_model"))}
GRAPHS: Final[Mapping[str, Graph]] = {
    "search": Graph(SearchGraph(), _TABLE | _QUERIES, ("scores", "token_ids")),
    "search_half": Graph(HalfSearchGraph(), _HALF_TABLE | _SCALE | _QUERIES, ("scores", "token_ids")),
    "search_scaled": Graph(ScaledSearchGraph(), _TABLE | _SCALE | _QUERIES, ("scores", "token_ids")),
}
