"""The nearest rows of every vector of the reader's text: of its token vectors, and of their sums with the positions."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chips, pictures, untrained, widgets
from pages.shared.neighbor_snippets import FromText
from pages.shared.reading import Reading, current_reading, why_explained
from pages.views.neighbors.answer import answer
from pages.views.neighbors.nearest import Search

N_COLUMNS: Final = 3
_KINDS: Final = ("token vector", "input vector")


def draw(searched: Search, question: DeltaGenerator) -> None:
    """Draw the whole list of one vector of the text, and a table of every token's nearest rows."""
    with question:
        kind = widgets.segments("Vector", _KINDS, key="near_kind", label_visibility="collapsed", width="content")
    reading = current_reading()
    layer = reading.layer
    ids = layer.token_ids[0]
    vectors = dict(zip(_KINDS, (layer.token_embeddings[0], layer.input_embeddings[0]), strict=True))
    chips.reading_chips(reading, key="near_chips")
    index = reading.explained
    is_sum = kind == _KINDS[1]
    own = np.zeros(0, np.int64) if is_sum else ids[index : index + 1]
    if reading.chosen is None:
        st.caption(why_explained(reading.model, reading.chosen))
    answer(
        searched,
        vectors[kind][index],
        own=own,
        name=f"{reading.labels[index]}: {kind}",
        made=FromText(layer.token_ids.tolist(), index, is_sum),
        below=lambda: _every_vector(searched, reading, vectors),
    )


def _every_vector(searched: Search, reading: Reading, vectors: Mapping[str, np.ndarray]) -> None:
    ids = reading.layer.token_ids[0]
    st.header("Every vector of your text", anchor=False)
    near = {kind: _labels(searched, rows, ids, is_sum=kind == _KINDS[1]) for kind, rows in vectors.items()}
    st.dataframe(
        pictures.shown(
            {
                "token": list(reading.labels),
                "id": ids,
                **{f"near its {kind}": [" · ".join(labels) for labels in lists] for kind, lists in near.items()},
            }
        ),
        hide_index=True,
        height=min(400, 38 + 35 * len(ids)),
        key="near_text",
    )
    st.caption(
        f"The table lists the {N_COLUMNS} nearest rows of each vector. A token vector's own row is left out; an input vector's is not: whether it still "
        "lies nearest to its own token is worth seeing."
    )


def _labels(searched: Search, rows: np.ndarray, ids: np.ndarray, *, is_sum: bool) -> list[list[str]]:
    """Return the labels of the rows nearest to each of `rows`, without the token's own row unless it `is_sum`."""
    nearest = searched.nearest(rows, k=N_COLUMNS + 1, own=np.zeros(0, np.int64)).token_ids
    never = set(np.intersect1d(nearest, searched.untrained).tolist())
    return [
        [
            searched.label(other) + (f" {untrained.WORD}" if other in never else "")
            for other in others
            if is_sum or other != own
        ][:N_COLUMNS]
        for own, others in zip(ids.tolist(), nearest.tolist(), strict=True)
    ]
