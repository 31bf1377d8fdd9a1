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
from pages.views.positions.scheme_knobs import Comparison

PARTS = ("position's part", "score")


def draw(comparison: Comparison) -> None:
    """Draw a line for each scheme: the asking token against copies of itself, farther and farther back."""
    reading, heads = comparison.reading, comparison.heads
    part = widgets.segments("Drawn", PARTS, key="part")
    cells = st.columns([1, 2], vertical_alignment="bottom")
    with cells[0]:
        reach = widgets.number("Tokens back, at most", key="reach", smallest=-1, largest=10**9)
    with cells[1]:
        is_log = widgets.toggle("Distances in powers of ten", key="log")
        is_whole = widgets.toggle("Every score, however low", key="low")
    vector = comparison.vectors[comparison.query]
    curves: dict[str, np.ndarray] = {}
    for chosen in comparison.chosen:
        with notices.in_place():
            scheme = chosen.scheme
            most = reach if scheme.n_places is None else min(reach, scheme.n_places - 1)
            attention = decay(scheme, vector, most, heads)
            curves[chosen.title] = (attention.position if part == PARTS[0] else attention.scores)[0, 0]
            if most < reach:
                st.caption(
                    f"{chosen.title}: the file has {count(most + 1, 'position')}, so its line ends {count(most, 'token')} back."
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
            name=part,
        ),
        key="decay",
        alt=f"Lines of the {part} of one token with copies of itself up to {count(reach, 'token')} back, one for each scheme",
        table=lambda: decay_columns(curves),
    )
    st.caption(
        f"{plain.code(reading.labels[comparison.query])} asks at position {reach:,}, and copies of it answer from 0 to {count(reach, 'token')} "
        f"back, in head {heads.head}. With the same content everywhere, what changes is position alone."
        + ("" if is_whole else _cut_words(curves))
        + (f" Of {longest:,} distances {n_drawn:,} are drawn; the table holds them all." if n_drawn < longest else "")
        + comparison.pair_words
    )
    st.dataframe(
        {
            "scheme": list(curves),
            **{
                f"{back:,} back": [float(values[back]) if back < len(values) else None for values in curves.values()]
                for back in (0, 1, 16, 256, 4096)
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
        "attention that the highest gets."
    )
