"""Schemes side by side, three in a row; a scheme that cannot be drawn says why in its own column."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared import notices
from pages.views.positions.scheme_knobs import Chosen

A_ROW = 3


def side_by_side(chosen: Sequence[Chosen], draw: Callable[[Chosen], None]) -> None:
    """Call `draw` for each scheme, in its own column under its title."""
    n_columns = min(len(chosen), A_ROW)
    for start in range(0, len(chosen), A_ROW):
        for column, scheme in zip(st.columns(n_columns, gap="medium"), chosen[start : start + A_ROW], strict=False):
            with column:
                st.header(scheme.title)
                with notices.in_place():
                    draw(scheme)
