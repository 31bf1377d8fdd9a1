"""The script that lets a reader without a mouse reach what scrolls is linted as the map's overlay is."""

from pathlib import Path

from tests.js.test_overlay import lint

SCROLLABLE = Path(__file__).parents[2] / "pages" / "shared" / "scrollable.js"


def test_the_script_of_scrollable_parts_passes_the_linter(tmp_path):
    report, is_clean = lint(SCROLLABLE.read_text(), tmp_path)
    assert is_clean, report
