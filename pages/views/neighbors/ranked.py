"""A ranked list of rows: each has its score and a bar on an axis that all share, and is a button that follows its token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from embedcore.figures.bar_axis import BarAxis
from pages.shared.follow import BUTTONS_JS, mount_list

_HERE = Path(__file__).parent
_ROW, _AROUND, _MOST = 26, 28, 560  # in pixels, as in ranked.css: a row, the head with the padding, the whole list
_component = st.components.v2.component(
    "ranked",
    html='<div class="ranked" role="group"></div>\n',
    css=(_HERE / "ranked.css").read_text(),
    js=BUTTONS_JS + (_HERE / "ranked.js").read_text(),
)


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One row of the list. `score` is written as `written`; `by_chance` is the score that chance gives at this rank."""

    token_id: int
    label: str
    score: float
    written: str
    by_chance: float | None = None
    note: str = ""


def list_height(n_rows: int) -> int:
    """Return how high a list of `n_rows` ≥ 1 is, in pixels; a longer one scrolls.

    >>> list_height(5), list_height(1000)
    (158, 560)
    """
    return min(_AROUND + _ROW * n_rows, _MOST)


def ranked_list(
    rows: Sequence[RankedRow],
    axis: BarAxis,
    *,
    key: str,
    title: str,
    score_name: str,
    vocabulary: str,
    on_follow: Callable[[int, str], None],
) -> None:
    """Draw `rows` in their order with their bars, by mouse or keyboard: see `follow.mount_list`."""
    data = {
        "rows": [
            (
                row.token_id,
                row.label,
                row.written,
                axis.place(row.score),
                None if row.by_chance is None else axis.place(row.by_chance),
                row.note,
            )
            for row in rows
        ],
        "ticks": axis.ticks,
        "zero": axis.place(0.0),
        "scoreName": score_name,
    }
    mount_list(_component, data, key=key, title=title, vocabulary=vocabulary, on_follow=on_follow)
