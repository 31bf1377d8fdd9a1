"""The clusters of a map as a list: what their central tokens are, so that a person can read them."""

from itertools import islice

import numpy as np
import streamlit as st

from pages.shared import pictures, plain
from pages.shared.numerals import count
from pages.views.map import zoom as map_zoom
from pages.views.map.box import CHARTS
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
        "nearly the same way in all dimensions (without the first component, which most rows share), each by its most central tokens. Click one to zoom to it:"
    )
    listed = zip(
        named_clusters.clusters, named_clusters.central, named_clusters.sizes, named_clusters.cohesion, strict=True
    )
    columns = st.columns(2, gap="medium")
    for place, (number, central, size, alike) in enumerate(islice(listed, _LISTED)):
        with columns[place % 2].container(
            horizontal=True, gap="xsmall", vertical_alignment="center", key=f"cluster_line_{place}"
        ):
            st.button(
                " ".join(plain.code(label(shown_map, token_id)) for token_id in central),
                key=f"cluster_{number}",
                type="tertiary",
                help="Zoom to this cluster",
                on_click=_look_at,
                args=(shown_map, int(number)),
            )
            st.caption(f"{count(int(size), 'token')}, {alike:.2f} alike", width="content")
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


def _look_at(shown_map: ShownMap, number: int) -> None:
    assert shown_map.stored is not None
    map_zoom.look_near(CHARTS[0], shown_map, shown_map.ids[np.flatnonzero(shown_map.stored.clusters == number)])
