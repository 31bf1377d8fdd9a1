"""Schemes side by side, three in a row where the screen is wide enough; a scheme that cannot be drawn says why in its own column."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared import notices
from pages.views.positions import origins
from pages.views.positions.comparison import Chosen

A_ROW = 3


def side_by_side(chosen: Sequence[Chosen], draw: Callable[[Chosen], None]) -> None:
    """Call `draw` for each scheme, in its own column under its title and the mark of its parameters."""
    n_columns = min(len(chosen), A_ROW)
    for start in range(0, len(chosen), A_ROW):
        with st.container(key=f"cards_{start}"):
            cells = st.columns(n_columns, gap="medium")
        for cell, scheme in zip(cells, chosen[start : start + A_ROW], strict=False):
            with cell:
                title(scheme)
                with notices.in_place():
                    draw(scheme)


def title(chosen: Chosen) -> None:
    """Write the scheme's title, and where its parameters come from."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"card_{chosen.scheme.name}"):
        st.header(chosen.title, width="content", anchor=False)
        origins.badge(chosen)
        if chosen.own_of is not None:
            st.badge("the model's own scheme", icon=":material/verified:", color="green")
