"""The whole table of the schemes that have one vector for each place, and how alike any two places are."""

import streamlit as st

from embedcore.figures.positions import drawn_places, position_similarity, position_table
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.registry import titles_of
from embedcore.space.composition import cosine_matrix
from pages.shared import notices, pictures, plain, tables, widgets
from pages.shared.numerals import count
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.scheme_knobs import Chosen, Comparison


def draw(comparison: Comparison) -> None:
    """Draw the table of each absolute scheme, and the cosine between every two of its places."""
    absolute = [(chosen, chosen.scheme) for chosen in comparison.chosen if isinstance(chosen.scheme, Absolute)]
    if not absolute:
        st.info(
            f"Choose {' or '.join(titles_of(Absolute))} above: the other schemes have no vector for each place.",
            icon=":material/table_rows:",
        )
    sizes = None
    for chosen, scheme in absolute:
        with notices.in_place():
            st.header(chosen.title)
            if scheme.n_places is None and sizes is None:  # one choice for all schemes that have any number of places
                sizes = _sizes(comparison)
            _one(chosen, scheme, comparison, sizes or (0, 0))


def _sizes(comparison: Comparison) -> tuple[int, int]:
    """Draw how many places a table shall have, and how wide it shall be; return both."""
    metadata = comparison.reading.model.metadata
    left, right = st.columns(2)
    with left:
        n_positions = widgets.number(
            "Places", key="n_positions", value=metadata.context_length, smallest=0, largest=100_000
        )
    with right:
        d_model = widgets.number("d_model", key="waves_d_model", value=metadata.d_model, smallest=0, largest=16_384)
    return n_positions, d_model


def _one(chosen: Chosen, scheme: Absolute, comparison: Comparison, sizes: tuple[int, int]) -> None:
    """Draw one table; `sizes` are those of a scheme that has any number of places."""
    metadata, card = comparison.reading.model.metadata, PRESENTATIONS[scheme.name].card
    if scheme.n_places is not None:
        vectors = scheme.first_vectors(scheme.n_places, metadata.d_model)
        st.markdown(
            f"`[{len(vectors)}, {vectors.shape[1]}]`, {plain.text(metadata.position_scheme)}: {plain.text(metadata.source)}."
        )
    else:
        n_positions, d_model = sizes
        vectors = scheme.first_vectors(n_positions, d_model)
        origin = "nothing here is trained" if card.learned == "nothing" else "drawn from the seed"
        st.markdown(f"`[{n_positions}, {d_model}]`, {'fixed waves: ' * scheme.has_pairs}{origin}.")
    name, length = scheme.name, len(vectors)
    places = drawn_places(length)
    step = int(places[1]) if len(places) > 1 else 1
    left, right = st.columns(2, gap="medium")
    with left:
        pictures.picture(
            position_table(vectors, pictures.style()),
            key=f"position_table_{name}",
            alt=f"Heat map of {count(length, 'position vector')} of {count(vectors.shape[1], 'dimension')}",
            table=lambda: tables.matrix([str(place) for place in range(length)], vectors, name="position"),
        )
    with right:
        cosines = cosine_matrix(vectors[places])
        pictures.picture(
            position_similarity(cosines, pictures.style(), step=step),
            key=f"position_similarity_{name}",
            alt=f"Heat map of the cosine between every two of {count(len(places), 'position')}",
            table=lambda: tables.matrix([str(place) for place in places], cosines, name="position"),
        )
    if step > 1:
        st.caption(f"One position in {step} is drawn, {len(places)} of {length:,}; the table holds them all.")
