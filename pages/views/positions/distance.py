"""How scores fall with the distance, far beyond the text."""

import numpy as np
import streamlit as st

from embedcore.figures.decay import (
    DEEPEST,
    DEEPEST_SHARE,
    decay_columns,
    decay_lines,
    drawn_distances,
    is_cut,
    lowest_drawn,
)
from embedcore.schemes import decay
from pages.shared import notices, pictures, plain, widgets
from pages.shared.numerals import count
from pages.views.positions import block_queries, origins
from pages.views.positions.comparison import Comparison
from pages.views.positions.parts import NAMES, POSITION, SCORE

PARTS = (POSITION, SCORE)
IN_TABLE = (0, 1, 16, 256, 4096)  # the distances of the small table


def draw(comparison: Comparison) -> None:
    """Draw a line for each scheme: the query against copies of itself, farther and farther back."""
    reading, heads = comparison.reading, comparison.heads
    with comparison.row:
        part = widgets.segments("Part of the score", PARTS, key="part", label_visibility="collapsed")
    with comparison.settings:
        reach = widgets.number("Largest distance drawn", key="reach", smallest=-1, largest=10**9)
        is_log = widgets.toggle("Logarithmic distance axis", key="log")
        is_whole = widgets.toggle("Full range of scores", key="low")
    vector, name = comparison.vectors[comparison.query], NAMES[part]
    curves: dict[str, np.ndarray] = {}
    marked: dict[str, str] = {}
    ends: list[str] = []
    for chosen in comparison.chosen:
        with notices.in_place():
            scheme = chosen.scheme
            most = reach if scheme.n_places is None else min(reach, scheme.n_places - 1)
            attention = decay(scheme, vector, most, heads, block=comparison.block)
            marked[chosen.title] = origins.marked(chosen)
            curves[chosen.title] = (attention.position if part == POSITION else attention.scores)[0, 0]
            if most < reach:
                ends.append(
                    f" The file has {count(most + 1, 'position')} of {chosen.title}, so its line ends at a distance of {count(most, 'token')}."
                )
    if not curves:
        return
    longest = max(map(len, curves.values()))
    n_drawn = len(drawn_distances(longest, is_log=is_log))
    pictures.picture(
        decay_lines(
            curves,
            pictures.style(),
            trained=reading.model.metadata.context_length,
            is_log=is_log,
            lowest=None if is_whole else lowest_drawn(curves),
            name=name,
            names=marked,
        ),
        key="decay",
        alt=f"Lines of the {name} of one token with copies of itself at distances up to {count(reach, 'token')}, for {', '.join(marked.values())}",
        table=lambda: decay_columns({marked[title]: values for title, values in curves.items()}),
    )
    st.caption(
        f"The query is {plain.code(reading.labels[comparison.query])} at position {reach:,}; the keys are copies of it, 0 to {count(reach, 'token')} "
        f"before the query, in head {heads.head}. Their content is the same everywhere, so only position changes the score."
        + ("" if is_whole else _cut_words(curves))
        + (f" Of {longest:,} distances {n_drawn:,} are drawn; the table holds them all." if n_drawn < longest else "")
        + "".join(ends)
        + comparison.pair_words
        + (f" {block_queries.words(comparison)}" if comparison.block is not None else "")
    )
    st.dataframe(
        {
            "scheme": list(marked.values()),
            **{
                f"distance {back:,}": [
                    float(values[back]) if back < len(values) else None for values in curves.values()
                ]
                for back in IN_TABLE
                if back <= reach
            },
        },
        hide_index=True,
        key="decay_values",
    )


def _cut_words(curves: dict[str, np.ndarray]) -> str:
    """Say where the axis ends, if it cuts anything off."""
    if not is_cut(curves):
        return ""
    return (
        f" The axis ends {DEEPEST:g} below the highest value: a score there gets {DEEPEST_SHARE * 1e6:.0f} millionths of the "
        "attention that the highest score gets."
    )
