"""What each scheme gives, one row for each token: vectors to add, vectors to multiply with, numbers to add, angles to turn by."""

import numpy as np
import streamlit as st

from embedcore.figures.heat import heat_strips
from embedcore.schemes import Strip
from embedcore.space.extremes import lowest_and_highest
from pages.shared import pictures, plain, tables
from pages.shared.numerals import count, decimal, first_drawn
from pages.views.positions.columns import side_by_side
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.scheme_knobs import Chosen, Comparison

MAX_ROWS = 48


def draw(comparison: Comparison) -> None:
    """Draw a heat strip for each scheme; its rows are the reader's tokens."""
    labels, query = comparison.reading.labels, comparison.query
    st.markdown(
        f"One row for each token of your text. Relative schemes depend on who asks: here it is {plain.code(labels[query])}; "
        "click a token above to let another ask."
    )

    def strip(chosen: Chosen) -> None:
        positions = np.arange(len(labels))
        strips = chosen.scheme.strips(query, positions, comparison.reading.model.metadata.d_model, comparison.heads)
        if not strips:
            st.markdown("Nothing is added, anywhere.")
            return
        first_rows = slice(0, MAX_ROWS)
        pictures.picture(
            heat_strips(
                [(part.title, part.values[first_rows]) for part in strips],
                labels[first_rows],
                pictures.style(),
                chosen=comparison.reading.chosen,
                column_name=strips[0].columns,
            ),
            key=f"added_{chosen.scheme.name}",
            alt=f"Heat strips of what {chosen.title} gives at {count(min(len(labels), MAX_ROWS), 'place')}",
            table=lambda: tables.matrices(labels, {part.title: part.values for part in strips}),
        )
        st.caption(_caption(chosen, comparison, strips))

    side_by_side(comparison.chosen, strip)


def _caption(chosen: Chosen, comparison: Comparison, strips: tuple[Strip, ...]) -> str:
    shapes = ", ".join(f"{strip.title} `{list(strip.values.shape)}`" for strip in strips)
    n_tokens = len(comparison.reading.labels)
    lowest, highest = lowest_and_highest(*(strip.values for strip in strips))
    source = f" From the file of {plain.text(comparison.reading.model.name)}." if chosen.is_of_file else ""
    write_note = PRESENTATIONS[chosen.scheme.name].note
    note = "" if write_note is None else f" {write_note(chosen.scheme, comparison.heads)}"
    return f"{shapes}, from {decimal(lowest)} to {decimal(highest)}.{note}{source}{first_drawn(MAX_ROWS, n_tokens)}"
