"""The page of overlay_app.py: `?case=` pair, space, big, part or late; what the overlay says to Python stands below."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from embedcore.figures.palette import Style
from embedcore.figures.style import apply_style
from pages.views.map.overlay.overlay import Picked, PointValue, map_overlay
from tests.e2e.overlay.points import MARKUP, PART, points


def chart(
    key: str,
    seed: int,
    *,
    n_points: int = 50_257,
    dimensions: int = 2,
    color: np.ndarray | None = None,
    found: Sequence[int] = (),
) -> None:
    style = Style("dark" if st.context.theme.type == "dark" else "light")
    placed = points(seed, n_points, dimensions)
    trace = go.Scattergl if dimensions == 2 else go.Scatter3d
    axes = dict(zip("xyz", map(np.ascontiguousarray, placed.T), strict=False))
    marker: dict[str, Any] = {"size": 3 if dimensions == 2 else 1.6, "opacity": 0.45}
    marker |= {"color": style.quiet} if color is None else {"color": color, "colorscale": "Cividis"}
    figure = go.Figure(trace(**axes, mode="markers", name="vocabulary", hoverinfo="none", marker=marker))
    if len(found):
        rings = {axis: values[list(found)] for axis, values in axes.items()}
        figure.add_trace(
            trace(
                **rings,
                mode="markers",
                name="matches",
                customdata=np.array(PART)[list(found)],
                hoverinfo="none",
                marker={"size": 12, "symbol": "circle-open", "color": style.match},
            )
        )
    apply_style(figure, style, height=560)
    figure.update_layout(dragmode="pan", scene={"dragmode": "orbit", "aspectmode": "cube"})
    st.plotly_chart(figure, key=key, theme=None, config={"displaylogo": False, "scrollZoom": True})


st.set_page_config(layout="wide")
st.title("Overlay")
case = st.query_params.get("case", "pair")
said: list[str] = st.session_state.setdefault("said", [])
real = partial(
    map_overlay,
    key="overlay",
    tokenizer="o200k_base" if case == "big" else "gpt2",
    on_click=lambda token_id, vocabulary: said.append(f"clicked {token_id}"),
    on_box=lambda box: said.append(f"boxed {box}"),
    show_labels=st.checkbox("Labels", value=True),
)
overlay: Callable[..., Picked] = real if st.checkbox("Overlay", value=True) else lambda **_: Picked()
seed = 11 if st.checkbox("Another seed") else 1  # a new picture: the chart is mounted anew
if case == "big":
    chart("left map", seed, n_points=200_019)
    picked = overlay(charts=["left map"])
elif case == "part":
    color = np.arange(len(PART), dtype=np.uint8)
    left, right = st.columns(2)
    with left:
        chart("left map", seed, n_points=len(PART), color=color, found=[2])
    with right:
        chart("right", 2, n_points=len(PART), color=color)
    picked = overlay(
        charts=["left map", "right"],
        ids={"left map": PART, "right": PART},
        values={
            "left map": PointValue("cluster", words=("verbs", "nouns", "words", "signs", "none")),
            "right": PointValue("norm", offset=-2.5, unit=0.25),
        },
    )
elif case == "late":  # the overlay stands before its charts
    picked = overlay(charts=["left map", "right"])
    chart("left map", seed)
else:
    left, right = st.columns(2)
    with left:
        chart("left map", seed)
    with right:
        if case == "space":  # fewer points: without a GPU each turn of 50,000 takes a second
            chart("right", 2, n_points=10_000, dimensions=3)
        else:
            chart("right", 2)
    picked = overlay(charts=["left map", "right"], priority=[46545, MARKUP, 1351, 40_000, 30_000])
st.text(f"picked {picked}")
st.text("\n".join(said) or "nothing yet")
