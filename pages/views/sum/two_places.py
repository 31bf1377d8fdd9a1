"""One token that stands at two places: its token vectors are the same, its input vectors are as far apart as the places."""

import numpy as np
import streamlit as st

from embedcore.space.repeats import repeats
from embedcore.tokens.labels import token_label
from pages.shared import made, plain, words
from pages.shared.numerals import count
from pages.shared.reading import Reading


def draw(reading: Reading, positions: np.ndarray | None) -> None:
    """Say how far apart the vectors of a token are that stands twice: the explained one, or that of the longest label.

    `positions` are the position vectors [sequence, width]; None where the model adds none.
    """
    ids, labels, places_of = reading.layer.token_ids[0].tolist(), reading.labels, repeats(reading.layer.token_ids[0])
    index = reading.explained
    if not places_of:
        st.markdown("No token stands twice in this text; write one again to see its two input vectors.")
        return
    if ids[index] not in places_of:
        index = max(sorted(np.concatenate(list(places_of.values())).tolist()), key=lambda place: len(labels[place]))
    places = places_of[ids[index]].tolist()
    first, second = sorted((index, next(place for place in places if place != index)))
    tokens, inputs = reading.layer.token_embeddings[0], reading.layer.input_embeddings[0]
    apart = words.distance(inputs[first], inputs[second])
    st.markdown(
        f"{plain.code(token_label(reading.model.tokenizer.token_bytes(ids[index])))} stands at positions {first} and {second}"
        + (f", and {count(len(places) - 2, 'more place')}" if len(places) > 2 else "")
        + f". Its token vectors are {words.distance(tokens[first], tokens[second])} apart, its input vectors {apart}"
        + (
            ", for no position is added."
            if positions is None
            else _as_places(reading, positions, (first, second), apart)
        )
    )


def _as_places(reading: Reading, positions: np.ndarray, places: tuple[int, int], apart: str) -> str:
    first, second = places
    places_apart = words.distance(positions[first], positions[second])
    is_as_far = made.how(reading.layer) != "more" and apart == places_apart
    return (
        ": just as far as" if is_as_far else "; the vectors of"
    ) + f" positions {first} and {second}, {places_apart}."
