"""Rotary positions as clock hands, and what the extensions do to their wavelengths."""

import numpy as np
import streamlit as st

from embedcore.figures.clock import clock_hands
from embedcore.figures.decay import wavelength_lines
from embedcore.figures.heat import heat_strips
from embedcore.schemes import Frequencies, Rotary
from embedcore.schemes.registry import SCHEMES, titles_of
from embedcore.space.composition import norms
from embedcore.space.evenly import evenly
from pages.shared import notices, pictures, plain, tables, widgets
from pages.shared.numerals import count, decimal, first_drawn
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.scheme_knobs import Comparison

N_CLOCKS = 4
MAX_ROWS = 48


def draw(comparison: Comparison) -> None:
    """Draw four pairs as clocks over the reader's tokens, then every scaling's wavelengths against the trained length."""
    scheme = next((chosen.scheme for chosen in comparison.chosen if isinstance(chosen.scheme, Rotary)), None)
    if scheme is None:
        titles = " or ".join(titles_of(Rotary))
        st.info(f"Choose {titles} among the schemes above to see it turn.", icon=":material/rotate_right:")
        return
    labels, head_dim = comparison.reading.labels, comparison.head_dim
    length = len(labels)
    frequencies = scheme.frequencies(head_dim, length=length)
    n_pairs = len(frequencies.values)
    cells = st.columns(2)
    with cells[0]:
        place = widgets.number(
            "Hand at position", key="place", value=min(comparison.query, length - 1), smallest=0, largest=length - 1
        )
    with cells[1]:
        first = widgets.number("First pair shown", key="first_pair", smallest=0, largest=n_pairs - 1)
    shown = np.arange(first, n_pairs)[evenly(n_pairs - first, N_CLOCKS)]
    cos, sin = scheme.waves(np.arange(length), head_dim)
    columns = scheme.pairs(head_dim)[shown, 0]
    points = np.stack((cos[:, columns].T, sin[:, columns].T), axis=2)
    pictures.picture(
        clock_hands(points, shown, frequencies.wavelengths[shown], labels, pictures.style(), place=place),
        key="clocks",
        alt=f"{count(len(shown), 'clock')}, one for each pair of dimensions, with {count(length, 'token')} where their positions turn them",
        table=lambda: {
            "token": list(labels),
            **{
                f"pair {pair} {name}": values[:, column]
                for pair, column in zip(shown, columns, strict=True)
                for name, values in (("cosine", cos), ("sine", sin))
            },
        },
    )
    st.markdown(
        f"At position {place} pair {shown[0]} has turned by {place} × {frequencies.values[shown[0]]:.4f} rad = "
        f"**{frequencies.degrees(shown[0], place):.1f}°** past its full turns. Fast pairs tell neighbors apart, slow ones tell beginning from end; places "
        f"enter the score of two tokens only through the angles between their hands. Attention factor {frequencies.attention_factor:.4f}."
        f"{_still(n_pairs, frequencies.n_still, head_dim)}"
    )
    _turned(scheme, comparison)
    _wavelengths(scheme, comparison, length)


def _still(n_pairs: int, n_still: int, head_dim: int) -> str:
    """Say how much of a head does not turn; nothing where all of it does."""
    past = head_dim - 2 * n_pairs
    words = (
        f" The first {2 * n_pairs} of the {head_dim} dimensions of a head turn, and the other {past} stay as they are."
        if past
        else ""
    )
    return words + (f" {n_still} of {n_pairs} pairs stand still." if n_still else "")


def _turned(scheme: Rotary, comparison: Comparison) -> None:
    st.header("Queries and keys, before and after the turn")
    labels, vectors = comparison.reading.labels, comparison.vectors
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
        key="turned",
        alt=f"Heat strips of the queries of {count(len(labels), 'token')} before and after they are turned to their places",
        table=lambda: tables.matrices(labels, {"before": before, "after": after}),
    )
    lengths = [norms(rows)[comparison.query] for rows in (before, after)]
    st.caption(
        f"Head {comparison.heads.head}; keys are turned as queries are. A turn keeps lengths, but for the attention factor: "
        f"{plain.code(labels[comparison.query])} is {decimal(lengths[0])} long before and {decimal(lengths[1])} after."
        + first_drawn(MAX_ROWS, len(labels))
    )


def _wavelengths(scheme: Rotary, comparison: Comparison, length: int) -> None:
    st.header("Wavelengths against the trained length")
    head_dim, context_length = comparison.head_dim, comparison.reading.model.metadata.context_length
    trained = scheme.trained_length or context_length
    target = widgets.number(
        "Length of the sequence, for dynamic NTK and LongRoPE",
        key="target",
        value=max(length, 4 * trained),
        smallest=1,
        largest=10**7,
    )
    stretched: dict[str, Frequencies] = {}
    for name, scaled in scheme.stretched(trained, head_dim).items():
        with notices.in_place():
            stretched[_title(scheme, name)] = scaled.frequencies(head_dim, length=target)
    wavelengths = {title: frequencies.wavelengths for title, frequencies in stretched.items()}
    n_pairs = len(scheme.pairs(head_dim))
    pictures.picture(
        wavelength_lines(wavelengths, pictures.style(), trained=trained, chosen=_title(scheme, scheme.scaling)),
        key="wavelengths",
        alt=f"Positions per turn of each of {count(n_pairs, 'pair')} for every extension, against the trained length {trained:,}",
        table=lambda: {"pair": np.arange(n_pairs), **wavelengths},
    )
    longer = {title: frequencies.n_longer(trained) for title, frequencies in stretched.items()}
    st.markdown(
        f"A pair whose wave is longer than the trained length, {trained:,}, never came full circle in training: without an extension, a "
        "longer text turns it to angles that the model has not seen. An extension slows such pairs, so that their waves grow. Pairs "
        "with longer waves: " + ", ".join(f"{title} {n}" for title, n in longer.items()) + f" of {n_pairs}."
    )


def _title(scheme: Rotary, scaling: str) -> str:
    """Return what readers call a scheme that is stretched in a way."""
    variants = PRESENTATIONS[scheme.name].variants
    return variants[scaling].title if scaling in variants else SCHEMES[scheme.name].title
