"""Rotary positions as clock hands, and queries before and after their rotation."""

import numpy as np
import streamlit as st

from embedcore.figures.clock import clock_hands
from embedcore.figures.heat import heat_strips
from embedcore.schemes import Rotary
from embedcore.schemes.registry import titles_of
from embedcore.space.composition import norms
from embedcore.space.evenly import evenly
from pages.shared import pictures, plain, tables, widgets
from pages.shared.numerals import count, decimal, first_drawn
from pages.views.positions import block_queries, origins, wavelengths
from pages.views.positions.columns import title
from pages.views.positions.comparison import Chosen, Comparison

N_CLOCKS = 4
A_PICTURE = 2  # clocks, so that they are large enough on a phone
MAX_ROWS = 48


def draw(comparison: Comparison) -> None:
    """Draw four pairs as clocks over the reader's tokens, then every scaling's wavelengths against the trained length."""
    rotary = [(chosen, chosen.scheme) for chosen in comparison.chosen if isinstance(chosen.scheme, Rotary)]
    if not rotary:
        titles = " or ".join(titles_of(Rotary))
        st.info(f"Choose {titles} among the schemes above to see its rotations.", icon=":material/rotate_right:")
        return
    chosen, scheme = rotary[0]
    title(chosen)
    _clocks(chosen, scheme, comparison)
    _rotated(chosen, scheme, comparison)
    wavelengths.draw(chosen, scheme, comparison)


def _clocks(chosen: Chosen, scheme: Rotary, comparison: Comparison) -> None:
    labels, head_dim = comparison.reading.labels, comparison.head_dim
    length = len(labels)
    frequencies = scheme.frequencies(head_dim, length=length)
    n_pairs = len(frequencies.values)
    with comparison.settings:
        place = widgets.number(
            "Position of the clock hand",
            key="place",
            value=min(comparison.query, length - 1),
            smallest=0,
            largest=length - 1,
        )
        first = widgets.number("First pair shown", key="first_pair", smallest=0, largest=n_pairs - 1)
    shown = np.arange(first, n_pairs)[evenly(n_pairs - first, N_CLOCKS)]
    for index, cell in enumerate(st.columns(N_CLOCKS // A_PICTURE, gap="medium")):
        pairs = shown[A_PICTURE * index : A_PICTURE * (index + 1)]
        if len(pairs):
            with cell:
                _clock_pair(chosen, scheme, comparison, pairs, place, key=f"clocks_{index}")
    st.markdown(
        f"At position {place}, pair {shown[0]} is rotated by {place} × {frequencies.values[shown[0]]:.4f} rad; without full turns that is "
        f"**{frequencies.degrees(shown[0], place):.1f}°**. Pairs of short wavelength distinguish neighboring positions, and pairs of long "
        "wavelength distant ones; the score of two tokens depends on their positions only through the angles between their hands. "
        f"The attention factor, which multiplies cosines and sines, is {frequencies.attention_factor:.4f}."
        f"{_constant(n_pairs, frequencies.n_still, head_dim)}"
    )


def _clock_pair(
    chosen: Chosen, scheme: Rotary, comparison: Comparison, pairs: np.ndarray, place: int, *, key: str
) -> None:
    """Draw the clocks of some pairs in one picture."""
    labels, head_dim = comparison.reading.labels, comparison.head_dim
    cos, sin = scheme.waves(np.arange(len(labels)), head_dim)
    columns = scheme.pairs(head_dim)[pairs, 0]
    points = np.stack((cos[:, columns].T, sin[:, columns].T), axis=2)
    wavelengths_of = scheme.frequencies(head_dim, length=len(labels)).wavelengths[pairs]
    values = {
        f"pair {pair} {name}": wave[:, column]
        for pair, column in zip(pairs, columns, strict=True)
        for name, wave in (("cosine", cos), ("sine", sin))
    }
    pictures.picture(
        clock_hands(points, pairs, wavelengths_of, labels, pictures.style(), place=place),
        key=key,
        alt=(
            f"{count(len(pairs), 'clock')}, one for each pair of dimensions of {origins.marked(chosen)}, with "
            f"{count(len(labels), 'token')} at the angles of their positions"
        ),
        table=lambda: origins.columns({"token": list(labels), **values}, chosen),
    )


def _constant(n_pairs: int, n_still: int, head_dim: int) -> str:
    """Say how much of a head is not rotated; nothing where all of it is."""
    past = head_dim - 2 * n_pairs
    words = (
        f" The first {2 * n_pairs} of the {head_dim} dimensions of a head are rotated, and the other {past} are not."
        if past
        else ""
    )
    return words + (f" {n_still} of {n_pairs} pairs have frequency 0 and are not rotated." if n_still else "")


def _rotated(chosen: Chosen, scheme: Rotary, comparison: Comparison) -> None:
    if comparison.block is None:
        said = f"This is head {comparison.heads.head}; keys are rotated in the same way."
        _before_and_after(chosen, scheme, comparison, "queries", comparison.queries, said)
        return
    said = f"This is head {comparison.heads.head}. {block_queries.words(comparison)}"
    _before_and_after(chosen, scheme, comparison, "queries", comparison.queries, said)
    said = f"These are the keys that query head {comparison.heads.head} reads."
    _before_and_after(chosen, scheme, comparison, "keys", comparison.keys, said)


def _before_and_after(
    chosen: Chosen, scheme: Rotary, comparison: Comparison, name: str, vectors: np.ndarray, said: str
) -> None:
    """Draw the queries or keys of the head that is shown, before and after they turn; `said` begins their caption."""
    st.subheader(f"{name.capitalize()} before and after the rotation")
    labels = comparison.reading.labels
    before = comparison.heads.split(vectors)[0]
    after = scheme.rotated(vectors, np.arange(len(labels)), comparison.heads)[0]
    first_rows = slice(0, MAX_ROWS)
    pictures.picture(
        heat_strips(
            [("before", before[first_rows]), ("after", after[first_rows])],
            labels[first_rows],
            pictures.style(),
            operators=["→"],
            chosen=comparison.reading.chosen,
        ),
        key="turned" if name == "queries" else f"turned_{name}",
        alt=(
            f"Heat strips of the {name} of {count(len(labels), 'token')} before and after the rotation of {origins.marked(chosen)} to "
            "their positions"
        ),
        table=lambda: origins.columns(tables.matrices(labels, {"before": before, "after": after}), chosen),
    )
    lengths = [norms(rows)[comparison.query] for rows in (before, after)]
    st.caption(
        f"{said} A rotation keeps the length of a vector, except for the "
        f"attention factor: {plain.code(labels[comparison.query])} has length {decimal(lengths[0])} before and {decimal(lengths[1])} after."
        + first_drawn(MAX_ROWS, len(labels))
    )
