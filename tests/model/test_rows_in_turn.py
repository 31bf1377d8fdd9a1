"""The rows of an equation's parts, one part after the other for each token, as its table has them."""

import numpy as np

from embedcore.model.chain import Part, rows_in_turn


def test_each_token_has_its_row_of_every_part_and_narrow_ones_end_with_nan():
    wide = Part("", "", "wide", np.arange(6, dtype=np.float32).reshape(2, 3))
    narrow = Part("+", "", "narrow", np.array([[7.5], [8.5]]))
    rows = rows_in_turn((wide, narrow))
    np.testing.assert_array_equal(rows, [[0, 1, 2], [7.5, np.nan, np.nan], [3, 4, 5], [8.5, np.nan, np.nan]])
    assert rows.dtype == np.float64
    assert rows_in_turn((wide,)).dtype == np.float32
