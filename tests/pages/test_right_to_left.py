"""Arabic and Hebrew beside a number or another word: neither is turned, and no sign for that is in what is kept."""

import numpy as np
import pandas as pd
import pytest
from pandas.io.formats.style import Styler

from pages.shared import pictures
from tests.pages.apptest import visit

SIGNS = ("\u200e", "\u2068", "\u2069")
TEXT = "ال سل list"


def written(table):
    """Return what a grid writes into each cell, row by row."""
    drawn = pictures.shown(table)
    if not isinstance(drawn, Styler):
        return drawn.astype(str).to_numpy().tolist()
    rows = drawn._translate(sparse_index=False, sparse_cols=False)["body"]
    return [[cell["display_value"] for cell in row if cell["type"] == "td"] for row in rows]


def test_a_word_beside_a_number_is_isolated_in_what_is_drawn_alone():
    table = {"token": ["0 ال", "1 list"], "id": [447, 1351], "norm": [1.5, 0.12345], "near": ["ال · סל", "a · b"]}
    drawn = pictures.shown(table)
    pd.testing.assert_frame_equal(drawn.data, pd.DataFrame(table))
    assert written(table) == [
        ["\u200e0 \u2068ال\u2069", "447", "1.5", "\u200e\u2068ال\u2069 · \u2068סל\u2069"],
        ["\u200e1 list", "1351", "0.1235", "\u200ea · b"],
    ]


@pytest.mark.parametrize(
    "table",
    [{"token": ["0 list"], "x": [1.5]}, {"token": ["ال", "סל"], "x": [1.5, 2.5]},  # a label alone turns nothing
     {"token": ["0 ال"] * 300, **{str(number): np.zeros(300) for number in range(100)}}],
)  # fmt: skip
def test_all_else_is_a_plain_frame(table):
    pd.testing.assert_frame_equal(pictures.shown(table), pd.DataFrame(table))


@pytest.mark.parametrize(("page", "state"), [("batches.py", {}), ("neighbors.py", {"ask": "this text"})])
def test_tables_of_pages_keep_labels_without_signs_and_draw_them_isolated(page, state):
    at = visit(page, text=TEXT * 20, **state)
    assert not at.exception
    [first, *_] = [frame for frame in at.dataframe if "ا" in frame.value.to_string()]
    assert not any(sign in first.value.to_string() for sign in SIGNS)
    assert "\u2068".encode() in first.proto.SerializeToString()  # what the grid writes
