"""The style sheets ask of the browser only what it can answer while a chart draws thousands of marks."""

import re
from pathlib import Path

import pytest

SHEETS = sorted(Path("pages").rglob("*.css"))


def asked(sheet: str) -> list[str]:
    """Return what stands inside each `:has(…)` of a sheet, without its comments."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = []
    for start in (match.end() for match in re.finditer(r":has\(", sheet)):
        depth, end = 1, start
        while depth:
            depth += {"(": 1, ")": -1}.get(sheet[end], 0)
            end += 1
        found.append(sheet[start : end - 1])
    return found


def test_what_is_asked_is_found():
    assert asked('/* :has(a) */ p:has(> b:not(.c)):has([x^="y"]) { }') == ["> b:not(.c)", '[x^="y"]']
    assert sum(len(asked(sheet.read_text())) for sheet in SHEETS) > 10


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_no_question_is_asked_again_at_every_mark_of_a_chart(sheet):
    """With `:not` inside `:has`, Chromium took 2.4 s instead of 0.4 for the styles of the page Sum."""
    assert [question for question in asked(sheet.read_text()) if ":not(" in question] == []
