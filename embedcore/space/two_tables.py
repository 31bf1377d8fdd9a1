"""Compare the neighbors of a token's row in a model's input table with those of its row in the output table."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from embedcore.checks.token_ids import as_id
from embedcore.errors import ShapeError, UnknownTokenId
from embedcore.space.metrics import Metric, all_scores
from embedcore.space.neighbors import NeighborIndex, Neighbors
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class TwoTables(ByContent):
    """The neighbors of one id in each table (the id itself left out), nearest first.

    `shared_ids` are in both, ascending; `cosine` is that of the id's two rows, in [-1, 1].
    """

    input: Neighbors
    output: Neighbors
    shared_ids: Int64[np.ndarray, " n_shared"]
    cosine: float


def compare_tables(
    input_table: Float[np.ndarray, "n_vocab d_model"],
    output_table: Float[np.ndarray, "n_vocab d_model"],
    token_id: int,
    *,
    k: int,
    metric: Metric = "cosine",
) -> TwoTables:
    """Ask both tables for the `k` nearest rows (1 to 1,000) of the row `token_id`, each by its own row.

    Raises ShapeError if the tables differ in shape, UnknownTokenId if the id is no row, and what `neighbors` raises.
    """
    if input_table.shape != output_table.shape:
        msg = (
            f"the input table is {list(input_table.shape)}, the output table {list(output_table.shape)}: "
            "take both from one model"
        )
        raise ShapeError(msg)
    token_id = as_id(token_id)
    if not 0 <= token_id < len(input_table):
        msg = f"token id {token_id} is outside 0…{len(input_table) - 1}, the rows of the tables"
        raise UnknownTokenId(msg)
    own = np.array([token_id])
    answers = [
        NeighborIndex(table, metric=metric).search(table[token_id], k=k, without=own)
        for table in (input_table, output_table)
    ]
    shared = np.intersect1d(answers[0].token_ids, answers[1].token_ids)
    cosine = float(all_scores(input_table[token_id][None], output_table[token_id], metric="cosine")[0])
    return TwoTables(answers[0], answers[1], shared, cosine)
