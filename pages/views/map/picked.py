"""The tokens in a box: their number and names, what lies nearest to their mean, and a map of them alone."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from embedcore.model.model import Model
from embedcore.space.carried import NOT_THERE
from embedcore.space.composition import mean_vector
from pages.shared import pictures, plain, untrained
from pages.shared.follow import Row, follow
from pages.shared.numerals import count
from pages.views.map import controls as map_controls
from pages.views.map.box import Box, box_of, rows_inside
from pages.views.map.matches import label, tie
from pages.views.map.shown_map import ShownMap
from pages.views.map.space import translated
from pages.views.map.table import whole_map

_SHOWN = 40


def draw(maps: Sequence[ShownMap]) -> None:
    """Draw what is known of the tokens in each map's box."""
    for index, shown_map in enumerate(maps):
        box = box_of(index, shown_map)
        if box is not None:
            _draw(shown_map, box, index, maps[0].request.space.model)


def _draw(shown_map: ShownMap, box: Box, index: int, model: Model) -> None:
    space = shown_map.request.space
    rows = rows_inside(shown_map, box)
    st.header(f"In the box: {count(len(rows), 'token')}")
    if len(rows) == 0:
        st.info(
            "The box holds no token: draw a larger one, or draw it where there are points.", icon=":material/select:"
        )
        return
    token_ids = translated(space.ids[rows], space.model, model)  # what is clicked or picked is of the first map's model
    notes = untrained.notes(space.model, space.ids[rows])
    shown = [
        Row(token_id, label(shown_map, own_id), note=note)
        for token_id, own_id, note in zip(token_ids.tolist(), space.ids[rows].tolist(), notes, strict=True)
        if token_id != NOT_THERE
    ][:_SHOWN]
    follow(
        shown,
        key=f"picked{index}",
        title=f"{count(len(shown), 'token')} in the box",
        vocabulary=model.tokenizer.name,
        on_follow=tie,
    )
    middle = mean_vector(space.vectors[rows])
    if len(rows) < len(space.ids):
        near = space.index.search(middle, k=10, without=rows).token_ids[0]
        named = " ".join(plain.code(label(shown_map, int(token_id))) for token_id in space.ids[near])
        st.markdown(f"Outside the box, these tokens lie nearest to the mean of their vectors: {named}")
    st.button(
        "Map these tokens alone",
        key=f"map_picked{index}",
        icon=":material/filter_center_focus:",
        on_click=map_controls.pick,
        args=(token_ids[token_ids != NOT_THERE], model.tokenizer.name),
    )
    pictures.numbers(
        key=f"box{index}",
        table=lambda: {
            name: np.asarray(column)[rows]
            for name, column in whole_map(
                [label(shown_map, int(token_id)) for token_id in shown_map.ids], shown_map
            ).items()
        },
        title=f"{'All ' if len(rows) > 1 else ''}{count(len(rows), 'token')} in the box",
    )
