"""What the relative schemes share: the distances of a sequence, and picking each pair's number by its distance.

A distance is i − j, query minus key: at 2 the key lies two tokens behind the query, at −1 it is the next token.
"""

import torch
from torch import Tensor, nn

from embedcore.errors import ShapeError


def all_distances(positions: Tensor) -> Tensor:
    """Return every distance within a sequence, −(sequence − 1) … sequence − 1, int64 [2·sequence − 1]."""
    n_positions = positions.shape[0]
    if n_positions == 0:
        msg = "0 positions were given, but a sequence has 1 or more"
        raise ShapeError(msg)
    return torch.arange(2 * n_positions - 1, device=positions.device) - (n_positions - 1)


def pair_distances(query_positions: Tensor, key_positions: Tensor) -> Tensor:
    """Return i − j for every query and key, int64 [n_queries, n_keys]."""
    return query_positions[:, None] - key_positions[None, :]


def rows_of_distances(distances: Tensor, rows: Tensor) -> Tensor:
    """Return the row number of each of `distances`.

    `rows` int64 [2·reach + 1] holds the row numbers of the distances −reach … reach. A distance beyond the reach takes
    the first or the last of them.
    """
    reach = rows.shape[0] // 2
    indices = torch.clamp(distances, min=-reach, max=reach) + reach
    # Indexing would be exported as GatherND, which few runtimes have.
    return nn.functional.embedding(indices, rows[:, None]).squeeze(-1)


def pick_for_queries(values: Tensor, rows: Tensor) -> Tensor:
    """Return values[h, i, rows[i, j]], [n_heads, n_queries, n_keys], for `values` [n_heads, n_queries, n_rows]."""
    return torch.gather(values, 2, rows[None].expand(values.shape[0], -1, -1))


def pick_for_keys(values: Tensor, rows: Tensor) -> Tensor:
    """Return values[h, j, rows[i, j]], [n_heads, n_queries, n_keys], for `values` [n_heads, n_keys, n_rows]."""
    return pick_for_queries(values, rows.transpose(0, 1)).transpose(1, 2)
