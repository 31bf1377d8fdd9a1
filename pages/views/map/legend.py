"""The legend of a map: one line over the chart, which wraps where it is narrow."""

import html

import streamlit as st

from pages.shared.pictures import Figure


def draw(figure: Figure, *, key: str) -> None:
    """Draw the names of the kinds that the points of `figure` are colored by; Plotly writes them only into saved pictures."""
    kinds = [trace for trace in figure.data if trace.showlegend]
    figure.update_layout(showlegend=False)
    if not kinds:
        return
    with st.container(key=f"legend_{key}"):
        st.html(
            "<ul class='legend'>"
            + "".join(
                f"<li><span aria-hidden='true' style='background:{kind.marker.color}'></span>{html.escape(kind.name)}</li>"
                for kind in kinds
            )
            + "</ul>"
        )
