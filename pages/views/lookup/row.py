"""One row of the table: every number of the chosen token's vector."""

import numpy as np
import streamlit as st

from embedcore.figures.lookup import row_values
from embedcore.space.composition import norms
from embedcore.space.extremes import lowest_and_highest
from pages.shared import pictures, plain
from pages.shared.numerals import count, decimal
from pages.shared.reading import Reading, why_explained


def draw(reading: Reading) -> None:
    """Draw the row of the token that every page explains."""
    index = reading.explained
    token_id, row = reading.layer.token_ids[0, index], reading.layer.token_embeddings[0, index]
    lowest, highest = lowest_and_highest(row)
    st.markdown(
        f"Token {plain.code(reading.labels[index])}, id {token_id}: {count(len(row), 'number')} from {decimal(lowest)} to {decimal(highest)}, "
        f"length {decimal(norms(row[None])[0])}. {why_explained(reading.model, reading.chosen)}"
    )
    pictures.picture(
        row_values(row, pictures.style(), position=index + reading.start),
        key="row",
        alt=f"Bar chart of {count(len(row), 'value')}, those of row {token_id}",
        table=lambda: {"dimension": np.arange(len(row)), "value": row},
    )
