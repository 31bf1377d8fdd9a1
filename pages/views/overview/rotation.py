"""What a rotary model does with positions, beside its equation: queries and keys of block 1 before and after they turn."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from embedcore.figures.equation import equation
from embedcore.figures.heat import HALF_HEIGHT
from embedcore.model.chain import Part
from pages.shared import pictures, plain, tables
from pages.shared.numerals import count
from pages.shared.reading import Reading

WIDEST_EQUATION: Final = 4  # strips that a phone can show side by side


def draw(reading: Reading, turning: Sequence[Part]) -> None:
    """Draw the queries and keys that turn, or the waves by which they would where the file has none, and say which."""
    pictures.picture(
        equation(turning, reading.labels, pictures.style(), chosen=reading.chosen, height=HALF_HEIGHT),
        key="turning",
        alt=f"Heat strips of {count(len(reading.labels), 'token')}: {', '.join(part.title for part in turning)}",
        table=lambda: tables.parts(reading, turning),
    )
    name, is_real = plain.text(reading.model.name), any(part.operator for part in turning)
    st.caption(
        f"{name} adds no position vectors: block 1 turns each query and key to its position. These are those of its head 0."
        if is_real
        else f"{name} adds no position vectors: its blocks multiply queries and keys by these cosines and sines, which turns "
        "each pair of their dimensions to its position."
    )
