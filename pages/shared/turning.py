"""What a rotary model does with positions, under its equation: queries and keys of block 1 before and after they turn."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Final

import streamlit as st

from embedcore.figures.equation import equation
from embedcore.figures.heat import HALF_HEIGHT
from embedcore.model.chain import Part
from pages.shared import pictures, plain, tables, words
from pages.shared.numerals import count
from pages.shared.reading import Reading

WIDEST_EQUATION: Final = 3  # strips that a phone can show side by side


def draw_turning(reading: Reading, shown: Sequence[Part], turning: Sequence[Part], *, alt: str) -> None:
    """Draw the equation `shown` and the queries and keys that turn, or the waves by which they would, and say which.

    The waves are drawn where the file has no queries and keys. `alt` describes the equation. The numbers of both
    pictures stand below them.
    """
    pictures.chart(
        equation(shown, reading.labels, pictures.style(), chosen=reading.chosen, height=HALF_HEIGHT),
        key="equation",
        alt=alt,
    )
    with st.container(key="wide_turning") if len(turning) > WIDEST_EQUATION else nullcontext():
        pictures.chart(
            equation(turning, reading.labels, pictures.style(), chosen=reading.chosen, height=HALF_HEIGHT),
            key="turning",
            alt=f"Heat strips of {count(len(reading.labels), 'token')}: {', '.join(part.title for part in turning)}",
        )
    with st.container(horizontal=True, gap="medium", key="rotation_numbers"):
        pictures.numbers(key="equation", table=lambda: tables.parts(reading, shown), title="Numbers of vectors")
        pictures.numbers(
            key="turning", table=lambda: tables.parts(reading, turning), title=f"Numbers of {turning[0].title}"
        )
    name, is_real = plain.text(reading.model.name), any(part.operator for part in turning)
    st.caption(
        f"{name} adds no position vectors: block 1 turns each query and key to its position. These are those of its head 0. "
        f"{words.COLORS_END}"
        if is_real
        else f"{name} adds no position vectors: its blocks multiply queries and keys by these cosines and sines, which turns "
        f"each pair of their dimensions to its position. {words.COLORS_END}"
    )
