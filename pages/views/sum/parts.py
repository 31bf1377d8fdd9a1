"""How long each token's vectors are, how much of the sum comes from the position, and one token dimension by dimension."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.figures.addition import dimensions, lengths
from embedcore.space.composition import compose
from pages.shared import made, pictures, words
from pages.shared.numerals import count, first_drawn
from pages.shared.reading import Reading

MAX_BARS: Final = 64


def draw_share(reading: Reading, positions: np.ndarray) -> None:
    """Draw the lengths of each token's three vectors, and the position's share of the sum."""
    layer = reading.layer
    parts = compose(layer.token_embeddings[0], positions, layer.input_embeddings[0])
    shown = slice(0, MAX_BARS)
    pictures.picture(
        lengths(parts.part(shown), reading.labels[shown], pictures.style(), chosen=reading.chosen),
        key="lengths",
        alt="Bars of the lengths of each token's three vectors, and the position's share of the sum",
        table=lambda: {
            "token": list(reading.labels),
            "token length": parts.token_norms,
            "position length": parts.position_norms,
            "input length": parts.input_norms,
            "position's share": parts.position_share,
        },
    )
    is_sum = made.how(layer) != "more"
    st.caption(
        "The position's share of the sum is p·x / |x|², with the position vector p and the sum x"
        + (
            ": with the token's share, t·x / |x|², it adds up to 100 %."
            if is_sum
            else f". {made.besides(reading.model)}"
        )
        + " Where it is below zero, the position vector points against the sum."
        + first_drawn(MAX_BARS, len(reading.labels))
    )


def draw_dimensions(reading: Reading, positions: np.ndarray) -> None:
    """Draw the three vectors of the token that every page explains, dimension by dimension."""
    index = reading.explained
    token, position = reading.layer.token_embeddings[0, index], positions[index]
    total = reading.layer.input_embeddings[0, index]
    st.markdown(words.explained_token(reading))
    pictures.picture(
        dimensions(token, position, total, pictures.style(), place=reading.start + index),
        key="dimensions",
        alt=f"Bars of {count(len(token), 'dimension')} of one token: token part, position part, and input vector",
        table=lambda: {"dimension": np.arange(len(token)), "token": token, "position": position, "input": total},
    )
