"""The clusters of a map as a list: what their central tokens are, so that a person can read them."""

import streamlit as st

from pages.shared import pictures, plain
from pages.shared.numerals import count
from pages.views.map.drawn import Drawn
from pages.views.map.found import label

_LISTED = 24


def draw(drawn: Drawn) -> None:
    """List the clusters whose members are most alike, and offer all of them as a table."""
    crowds = drawn.crowds
    if crowds is None:
        return
    st.subheader("Clusters")
    st.markdown(
        f"HDBSCAN finds {count(len(crowds.clusters), 'crowd')} on this map. Listed first are those whose members point most "
        "nearly the same way in all dimensions (without the first component, which most rows share), each by its most central tokens:"
    )
    lines = [
        f"- {' '.join(plain.code(label(drawn, token_id)) for token_id in central)} :small[:gray[{count(int(size), 'token')}, "
        f"{alike:.2f} alike]]"
        for central, size, alike in zip(crowds.central, crowds.sizes, crowds.cohesion, strict=True)
    ][:_LISTED]
    half = (len(lines) + 1) // 2
    for column, part in zip(st.columns(2, gap="medium"), (lines[:half], lines[half:]), strict=True):
        column.markdown("\n".join(part))
    pictures.numbers(
        key="clusters",
        table=lambda: {
            "cluster": crowds.clusters,
            "tokens": crowds.sizes,
            "alike": crowds.cohesion,
            "central tokens": [" ".join(label(drawn, token_id) for token_id in central) for central in crowds.central],
        },
        title="Every cluster",
    )
