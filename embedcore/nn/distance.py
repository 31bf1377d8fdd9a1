"""What the relative schemes share: how far back a key lies, and the picking of one number a pair by that distance.

A distance is i − j, query minus key: 2 means two tokens back, −1 the next token. Every scheme here counts so.
"""

import torch
from torch import Tensor, nn

from embedcore.errors import ShapeError


def all_distances(positions: Tensor) -> Tensor:
    """Return every distance that a sequence has, −(sequence − 1) … sequence − 1, int64 [2·sequence − 1]."""
    n_positions = positions.shape[0]
    if n_positions == 0:
        msg = "0 positions were given, but a sequence has 1 or more"
        raise ShapeError(msg)
    return torch.arange(2 * n_positions - 1, device=positions.device) - (n_positions - 1)


def pair_distances(query_positions: Tensor, key_positions: Tensor) -> Tensor:
    """Return i − j for every query and key, int64 [n_queries, n_keys]."""
    return query_positions[:, None] - key_positions[None, :]


def rows_of_distances(distances: Tensor, rows: Tensor) -> Tensor:
    """Return the row of each of `distances` in `rows`, int64 [2·reach + 1], the rows of −reach … reach.

    Distances beyond the reach take the first row or the last.
    """
    reach = rows.shape[0] // 2
    indices = torch.clamp(distances, min=-reach, max=reach) + reach
    return nn.functional.embedding(indices, rows[:, None]).squeeze(-1)  # an index would become GatherND, which few have


def pick_for_queries(values: Tensor, rows: Tensor) -> Tensor:
    """Return values[h, i, rows[i, j]]: [n_heads, n_queries, n_keys] of `values` [n_heads, n_queries, n_rows]."""
    return torch.gather(values, 2, rows[None].expand(values.shape[0], -1, -1))


def pick_for_keys(values: Tensor, rows: Tensor) -> Tensor:
    """Return values[h, j, rows[i, j]]: [n_heads, n_queries, n_keys] of `values` [n_heads, n_keys, n_rows]."""
    return pick_for_queries(values, rows.transpose(0, 1)).transpose(1, 2)
