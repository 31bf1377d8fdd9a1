"""What the search of neighbors refuses: each number, row and name in a message of its own."""

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.space.neighbors import neighbors
from tests.space.by_hand import drawn


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_another_k_is_named(k):
    with pytest.raises(ShapeError, match=rf"k is {k:,}, but must be 1 to 1,000"):
        neighbors(drawn(5, 3), drawn(1, 3), k=k)


@pytest.mark.parametrize(
    ("table", "queries", "words"),
    [
        (np.array([[1.0, 2], [np.nan, 0], [0, np.inf]]), np.ones(2), r"2 of 3 rows of the table hold NaN .*row 1, 2\).*leave them out"),
        (np.array([[-np.inf, 2]], np.float16), np.ones(2), r"1 of 1 rows of the table hold NaN or infinite values \(row 0\)"),
        (np.ones((9, 2)) * np.nan, np.ones(2), r"9 of 9 rows of the table .*row 0, 1, 2, 3, 4, …"),
        (np.ones((3, 2)), np.array([[1.0, 2], [np.nan, 0]]), r"1 of 2 rows of the queries .*row 1"),
        (np.ones((3, 2)), np.ones(3), "queries are 3 wide, the table's rows 2"),
        (np.ones((3, 2)), np.ones((1, 1, 2)), r"the queries has shape \[1, 1, 2\]"),
        (np.ones((3, 2)), np.ones((0, 2)), r"the queries has shape \[0, 2\].*at least one row"),
        (np.ones((0, 2)), np.ones(2), r"the table has shape \[0, 2\]"),
        (np.ones((2, 0)), np.ones(2), r"the table has shape \[2, 0\]"),
        (np.ones(2), np.ones(2), r"the table has shape \[2\]"),
        (np.ones((3, 2), np.int64), np.ones(2), "the table holds int64, but must hold floating-point"),
        (np.ones((3, 2)), np.ones(2, np.int64), "the queries holds int64"),
        (np.ones((3, 2)) * 1e141, np.ones(2), r"row 0 of the table is 1e\+141, but must be 0 or 1e-140 to 1e\+140: scale"),
        (np.ones((3, 2)), np.ones(2) * 1e-141, r"row 0 of the queries is 1e-141, but must be 0 or 1e-140 to 1e\+140"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(table, queries, words):
    with pytest.raises(ShapeError, match=words):
        neighbors(table, queries, k=1)


def test_an_unknown_metric_is_named():
    with pytest.raises(ShapeError, match="no metric 'manhattan': choose cosine, dot, euclidean"):
        neighbors(np.eye(2), np.ones(2), k=1, metric="manhattan")
