"""The clusters of a map as a list: what their central tokens are, so that a person can read them."""

import streamlit as st

from pages.shared import pictures, plain
from pages.shared.numerals import count
from pages.views.map.matches import label
from pages.views.map.shown_map import ShownMap

_LISTED = 24


def draw(shown_map: ShownMap) -> None:
    """List the clusters whose members are most alike, and offer all of them as a table."""
    named_clusters = shown_map.named_clusters
    if named_clusters is None:
        return
    st.header("Clusters")
    st.markdown(
        f"HDBSCAN finds {count(len(named_clusters.clusters), 'cluster')} on this map. Listed first are those whose members point most "
        "nearly the same way in all dimensions (without the first component, which most rows share), each by its most central tokens:"
    )
    lines = [
        f"- {' '.join(plain.code(label(shown_map, token_id)) for token_id in central)} :small[:gray[{count(int(size), 'token')}, "
        f"{alike:.2f} alike]]"
        for central, size, alike in zip(
            named_clusters.central, named_clusters.sizes, named_clusters.cohesion, strict=True
        )
    ][:_LISTED]
    half = (len(lines) + 1) // 2
    for column, part in zip(st.columns(2, gap="medium"), (lines[:half], lines[half:]), strict=True):
        column.markdown("\n".join(part))
    pictures.numbers(
        key="clusters",
        table=lambda: {
            "cluster": named_clusters.clusters,
            "tokens": named_clusters.sizes,
            "alike": named_clusters.cohesion,
            "central tokens": [
                " ".join(label(shown_map, token_id) for token_id in central) for central in named_clusters.central
            ],
        },
        title="Every cluster",
    )
