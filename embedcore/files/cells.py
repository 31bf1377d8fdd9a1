"""A text in a cell of a CSV file: what a spreadsheet would compute gets an apostrophe before it."""

import re
from typing import Final

# What a spreadsheet takes for the beginning of a formula, wide forms included; apostrophes before it are counted up.
_FORMULA: Final = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")


def safe_cell(text: str) -> str:
    """Return a text as a cell holds it: with an apostrophe before it where it begins as a formula does.

    >>> safe_cell("=1+1"), safe_cell("NA")
    ("'=1+1", 'NA')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def text_of_cell(cell: str) -> str:
    """Return what a cell of text stands for: without the apostrophe that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
