"""The whole table of the schemes that have one vector for each position, and how alike any two positions are."""

import streamlit as st

from embedcore.figures.positions import drawn_places, position_similarity, position_table
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.registry import titles_of
from embedcore.space.composition import cosine_matrix
from pages.shared import notices, pictures, plain, tables, widgets
from pages.shared.numerals import count
from pages.views.positions import origins
from pages.views.positions.columns import title
from pages.views.positions.comparison import Chosen, Comparison


def draw(comparison: Comparison) -> None:
    """Draw the table of each scheme with position vectors, and the cosine similarity between every two of its rows."""
    absolute = [(chosen, chosen.scheme) for chosen in comparison.chosen if isinstance(chosen.scheme, Absolute)]
    if not absolute:
        st.info(
            f"Choose {' or '.join(titles_of(Absolute))} above: the other schemes have no position vectors.",
            icon=":material/table_rows:",
        )
    sizes = None
    for chosen, scheme in absolute:
        with notices.in_place():
            title(chosen)
            if scheme.n_places is None and sizes is None:  # one choice for all schemes that have any number of places
                sizes = _sizes(comparison)
            _one(chosen, scheme, comparison, sizes or (0, 0))


def _sizes(comparison: Comparison) -> tuple[int, int]:
    """Draw how many places a table shall have, and how wide it shall be; return both."""
    metadata = comparison.reading.model.metadata
    left, right = st.columns(2)
    with left:
        n_positions = widgets.number(
            "Positions", key="n_positions", value=metadata.context_length, smallest=0, largest=100_000
        )
    with right:
        d_model = widgets.number(
            "Width of a vector (d_model)", key="waves_d_model", value=metadata.stored_width, smallest=0, largest=16_384
        )
    return n_positions, d_model


def _one(chosen: Chosen, scheme: Absolute, comparison: Comparison, sizes: tuple[int, int]) -> None:
    """Draw one table; `sizes` are those of a scheme that has any number of places."""
    metadata = comparison.reading.model.metadata
    n_positions, d_model = sizes if scheme.n_places is None else (scheme.n_places, metadata.stored_width)
    vectors = scheme.first_vectors(n_positions, d_model)
    name, length, marked = scheme.name, len(vectors), origins.marked(chosen)
    places = drawn_places(length)
    step = int(places[1]) if len(places) > 1 else 1
    left, right = st.columns(2, gap="medium")
    with left:
        pictures.picture(
            position_table(vectors, pictures.style()),
            key=f"position_table_{name}",
            alt=f"Heat map of {count(length, 'position vector')} of {count(vectors.shape[1], 'dimension')} of {marked}",
            table=lambda: origins.columns(
                tables.matrix([str(place) for place in range(length)], vectors, name="position"), chosen
            ),
        )
    with right:
        cosines = cosine_matrix(vectors[places])
        pictures.picture(
            position_similarity(cosines, pictures.style(), step=step),
            key=f"position_similarity_{name}",
            alt=f"Heat map of the cosine similarity between every two of {count(len(places), 'position vector')} of {marked}",
            table=lambda: origins.columns(
                tables.matrix([str(place) for place in places], cosines, name="position"), chosen
            ),
        )
    source = "" if chosen.model is None else f"; source of the file: {plain.text(metadata.source)}"
    st.markdown(
        f"The position table `{list(vectors.shape)}` ({plain.text(origins.mark(chosen))}{source}), and the cosine similarity between "
        "every two of its rows."
        + (
            f" One position in {step} is drawn, {len(places)} of {length:,}; the table of numbers holds all position vectors."
            if step > 1
            else ""
        )
    )
