"""The record of what stays hand-written names files that are there, and ties are counted by the rule that it promises."""

import re
from pathlib import Path

import numpy as np

from embedcore.audit.detection import precision_recall_curve
from embedcore.audit.indicators import Indicator

ROOT = Path(__file__).parent.parent
ROWS = [
    line.split("|")
    for line in (ROOT / "docs" / "decisions" / "hand-written.md").read_text().splitlines()
    if line.startswith("| ") and "Where" not in line
]


def test_every_row_names_files_that_are_there_and_gives_a_reason():
    assert len(ROWS) > 10
    for _, what, where, which, why, _ in ROWS:
        files = re.findall(r"`([^`]+\.py)`", where)
        assert files, what
        assert all((ROOT / file).is_file() for file in files), files
        assert which.strip(), what
        assert len(why.split()) > 5, what


def test_rows_of_equal_value_are_flagged_together():
    """Half of the two tied rows are untouched: no order between them may make the curve look better."""
    indicator = Indicator("norm", np.array([1.0, 2.0, 2.0, 3.0]))
    for truth in ([True, True, False, False], [True, False, True, False]):
        curve = precision_recall_curve(indicator, np.array(truth))
        np.testing.assert_array_equal(curve.thresholds, [1, 2, 3])
        np.testing.assert_allclose(curve.precision, [1, 2 / 3, 1 / 2], rtol=1e-15, atol=0)
        np.testing.assert_array_equal(curve.recall, [0.5, 1, 1])
        np.testing.assert_allclose(curve.average_precision, 0.5 * 1 + 0.5 * 2 / 3, rtol=1e-15, atol=0)
