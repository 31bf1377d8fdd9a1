"""What each scheme gives, one row for each token: vectors to add, vectors to multiply with, numbers to add, angles to rotate by."""

import numpy as np
import streamlit as st

from embedcore.figures.heat import heat_strips
from embedcore.schemes import Strip
from embedcore.schemes.on_block import strips as strips_of
from embedcore.space.extremes import lowest_and_highest
from pages.shared import pictures, plain, tables
from pages.shared.numerals import count, decimal, first_drawn
from pages.views.positions import origins
from pages.views.positions.columns import side_by_side
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.presentations import PRESENTATIONS

MAX_ROWS = 48


def draw(comparison: Comparison) -> None:
    """Draw a heat strip for each scheme; its rows are the reader's tokens."""
    labels, query = comparison.reading.labels, comparison.query

    def strip(chosen: Chosen) -> None:
        positions = np.arange(len(labels))
        width, heads = comparison.reading.model.metadata.stored_width, comparison.heads
        strips = strips_of(chosen.scheme, query, positions, width, heads, comparison.block)
        if not strips:
            st.markdown("This scheme adds nothing, at the input or to the scores.")
            return
        first_rows, parts = slice(0, MAX_ROWS), {origins.title_of(part, chosen): part.values for part in strips}
        pictures.picture(
            heat_strips(
                [(title, values[first_rows]) for title, values in parts.items()],
                labels[first_rows],
                pictures.style(),
                chosen=comparison.reading.chosen,
                column_name=strips[0].columns,
            ),
            key=f"added_{chosen.scheme.name}",
            alt=f"Heat strips of what {origins.marked(chosen)} gives at {count(min(len(labels), MAX_ROWS), 'place')}",
            table=lambda: origins.columns(tables.matrices(labels, parts), chosen),
        )
        st.caption(_caption(chosen, comparison, strips))

    side_by_side(comparison.chosen, strip)
    st.markdown(
        f"Each row is one token of your text. What a relative scheme gives depends on the query, which is {plain.code(labels[query])} here; "
        "choose another token above to make it the query."
    )


def _caption(chosen: Chosen, comparison: Comparison, strips: tuple[Strip, ...]) -> str:
    shapes = ", ".join(f"{origins.title_of(strip, chosen)} `{list(strip.values.shape)}`" for strip in strips)
    n_tokens = len(comparison.reading.labels)
    lowest, highest = lowest_and_highest(*(strip.values for strip in strips))
    write_note = PRESENTATIONS[chosen.scheme.name].note
    note = "" if write_note is None else f" {write_note(chosen.scheme, comparison.heads)}"
    return (
        f"{shapes}, from {decimal(lowest)} to {decimal(highest)} ({plain.text(origins.mark_of(strips, chosen))})."
        f"{note}{first_drawn(MAX_ROWS, n_tokens)}"
    )
