"""The legend of a map: one line over the chart, which wraps where it is narrow, and stays over it in full screen."""

import html
from collections.abc import Iterable

import streamlit as st

from embedcore.maps.point_colors import PointColors
from pages.shared.numerals import count
from pages.shared.pictures import Figure, style
from pages.views.map.colors import N_SHOWN
from pages.views.map.shown_map import ShownMap


def draw(figure: Figure, shown_map: ShownMap, colors: PointColors | None, *, key: str, is_listed: bool) -> None:
    """Draw the names of the kinds that the points of `figure` are colored by; Plotly writes them only into saved pictures.

    Hues that clusters share have no name each, but one sentence; `is_listed`: the page lists the clusters of this map.
    """
    kinds = [trace for trace in figure.data if trace.showlegend]
    figure.update_layout(showlegend=False)
    items = [_item([kind.marker.color], kind.name) for kind in kinds]
    shared = [] if colors is None else [code for code, word in enumerate(colors.words) if not word]
    if shared and shown_map.named_clusters is not None:
        n_clusters = min(N_SHOWN, len(shown_map.named_clusters.clusters))
        words = f"{count(n_clusters, 'cluster')}, {len(shared)} colors in turn{', listed below' * is_listed}"
        items.insert(0, _item([style().kind(code) for code in shared], words))
    if items:
        with st.container(key=f"legend_{key}"):
            st.html(f"<ul class='legend'>{''.join(items)}</ul>")


def _item(colors: Iterable[str], words: str) -> str:
    marks = "".join(f"<span aria-hidden='true' style='background:{color}'></span>" for color in colors)
    return f"<li>{marks}{html.escape(words)}</li>"
