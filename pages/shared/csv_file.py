"""A table as a CSV file that a spreadsheet opens as it is, and that reads back as it was."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from embedcore.files.cells import safe_cell


def csv_file(table: Mapping[str, Any]) -> bytes:
    r"""Return columns by name as CSV: UTF-8 with the mark by which spreadsheets know it, float32 in its shortest form.

    A text that begins as a formula does gets an apostrophe before it, so that no token is ever computed. Read it with
    `pandas.read_csv(file, keep_default_na=False, dtype={"token": str})`, which leaves "NA", "null" and "007" what they
    are; `embedcore.files.cells.text_of_cell` takes the apostrophe off.

    >>> csv_file({"token": ["=", "NA"], "id": [28, 4535]}).decode("utf-8-sig")
    "token,id\r\n'=,28\r\nNA,4535\r\n"
    """
    frame = pd.DataFrame(table)
    for name in text_columns(frame):
        frame[name] = [_safe(cell) for cell in frame[name]]
    frame.columns = [safe_cell(str(name)) for name in frame.columns]
    # Lines end as RFC 4180 says; with "\n" alone a "\r" within a cell would stand there unquoted.
    return frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold text."""
    return [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]


def _safe(cell: Any) -> Any:
    return safe_cell(cell) if isinstance(cell, str) else cell
