"""A chart on a page, with a text for readers who cannot see it and a table for those who want its numbers."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from embedcore.figures.palette import Style
from embedcore.tokens.labels import isolated
from pages.shared import plain
from pages.shared.csv_file import csv_file, text_columns

Table = Mapping[str, Any]
Figure = go.Figure
_MOST_CELLS: Final = 20_000
_LEFT_TO_RIGHT: Final = "\u200e"  # else the grid takes its direction from the first letter, whatever isolates it


def style() -> Style:
    """Return the colors of the reader's mode, light or dark."""
    return Style("dark" if st.context.theme.type == "dark" else "light")


def picture(
    figure: go.Figure, *, key: str, alt: str, table: Callable[[], Table], keeps_its_width: bool = False
) -> None:
    """Draw `figure`; `alt` says what it shows; `table` (columns by name) is built when the reader opens it.

    A figure that `keeps_its_width` is 620 px wide at least, and scrolls sideways on a phone: its numbers stay readable.
    """
    with st.container(key=f"wide_{key}") if keeps_its_width else nullcontext():
        chart(figure, key=key, alt=alt)
    numbers(key=key, table=table)


def chart(figure: go.Figure, *, key: str, alt: str, is_map: bool = False) -> None:
    """Draw `figure` without its numbers; a map takes the height of its container, and a double click shows all of it.

    The mouse wheel zooms on a map alone: elsewhere it scrolls the page, over tall pictures too.
    """
    removed = ["select2d", "lasso2d"]
    removed += ["resetScale2d", "resetCameraLastSave3d", "resetCameraDefault3d"] if is_map else ["autoScale2d"]
    config = {
        "displaylogo": False,
        "scrollZoom": is_map,
        "modeBarButtonsToRemove": removed,
        "toImageButtonOptions": {"format": "svg", "filename": key},
    }
    more: dict[str, Any] = {"height": "stretch"} if is_map else {}
    config |= {"doubleClick": "autosize"} if is_map else {}
    st.plotly_chart(figure, key=f"{key}_chart", theme=None, config=config, alt=alt, **more)


def shown(columns: Table) -> Any:
    """Return a table to show: where a word of Arabic or Hebrew stands beside a number or a word, drawn so that neither turns.

    The values stay as they are. Of more than 20,000 cells pandas would take seconds to draw them, so those are left.
    """
    frame = pd.DataFrame(columns)
    turned = [name for name in frame.select_dtypes(exclude="number") if any(_is_turned(cell) for cell in frame[name])]
    if not turned or frame.size > _MOST_CELLS:
        return frame
    written = {name: _decimal for name in frame.select_dtypes("floating")}
    return frame.style.format(written | dict.fromkeys(turned, _from_left), na_rep="None")


def numbers(*, key: str, table: Callable[[], Table], title: str = "Numbers") -> None:
    """Offer a table and its download, both made only when they are asked for."""
    opened = st.expander(title, icon=":material/table:", key=f"{key}_table", type="compact", on_change="rerun")
    if not opened.open:
        return
    with opened:
        columns = table()
        frame = pd.DataFrame(columns)
        st.dataframe(shown(columns), hide_index=True, height=min(400, 38 + 35 * len(frame)))
        st.download_button(
            "Download as CSV",
            data=lambda: csv_file(columns),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        kinds = ", ".join(f'"{name}": str' for name in text_columns(frame))
        st.caption(
            "A text that begins with =, +, - or @ has an apostrophe before it in the file, so that no spreadsheet computes it. "
            f"In Python, {plain.code(f'pandas.read_csv(file, keep_default_na=False, dtype={{{kinds}}})')} leaves every other "
            "cell as it is, NA and null as well."
        )


def _is_turned(cell: Any) -> bool:
    """Return whether a cell holds a word from right to left, and something beside it."""
    return isinstance(cell, str) and " " in cell and isolated(cell) != cell


def _from_left(cell: Any) -> str:
    return _LEFT_TO_RIGHT + isolated(str(cell))


def _decimal(value: float) -> str:
    """Return a number as the grid writes it by itself: four decimals at most."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
