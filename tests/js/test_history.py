"""The script that keeps one entry of the history for each page is linted as the map's overlay is."""

from pathlib import Path

from tests.js.test_overlay import lint

HISTORY = Path(__file__).parents[2] / "pages" / "shared" / "history.js"


def test_the_script_of_the_history_passes_the_linter(tmp_path):
    report, is_clean = lint(HISTORY.read_text(), tmp_path)
    assert is_clean, report
