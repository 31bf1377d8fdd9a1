"""The wavelengths of rotary positions against the trained length, and what each extension does to them."""

import numpy as np
import streamlit as st

from embedcore.figures.decay import wavelength_lines
from embedcore.schemes import Frequencies, Rotary
from pages.shared import notices, pictures, widgets
from pages.shared.numerals import count
from pages.views.positions import origins
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.presentations import PRESENTATIONS


def draw(chosen: Chosen, scheme: Rotary, comparison: Comparison) -> None:
    """Draw the wavelength of each pair for every extension, and count those that are longer than the trained length."""
    st.subheader("Wavelengths and the trained length")
    head_dim, metadata = comparison.head_dim, comparison.reading.model.metadata
    trained = scheme.trained_length or metadata.context_length
    target = widgets.number(
        "Sequence length, for dynamic NTK and LongRoPE",
        key="target",
        value=max(len(comparison.reading.labels), 4 * trained),
        smallest=1,
        largest=10**7,
        width=320,
    )
    stretched: dict[str, Frequencies] = {}
    for name, scaled in scheme.stretched(trained, head_dim).items():
        with notices.in_place():
            stretched[_title(chosen, name)] = scaled.frequencies(head_dim, length=target)
    wavelengths = {title: frequencies.wavelengths for title, frequencies in stretched.items()}
    n_pairs = len(scheme.pairs(head_dim))
    pictures.picture(
        wavelength_lines(wavelengths, pictures.style(), trained=trained, chosen=_title(chosen, scheme.scaling)),
        key="wavelengths",
        alt=(
            f"Wavelengths, in positions per full turn, of {count(n_pairs, 'pair')} of {origins.marked(chosen)} for every extension, "
            f"against the trained length {trained:,}"
        ),
        table=lambda: origins.columns({"pair": np.arange(n_pairs), **wavelengths}, chosen),
    )
    longer = {title: frequencies.n_longer(trained) for title, frequencies in stretched.items()}
    st.markdown(
        f"A pair whose wavelength is longer than the trained length, {trained:,}, made no full turn in training: without an extension, a "
        "longer text rotates it to angles that the model has not seen. An extension makes such pairs rotate more slowly, so their "
        "wavelengths grow. Pairs with longer wavelengths: " + ", ".join(f"{title} {n}" for title, n in longer.items())
        + f", of {n_pairs} each."
    )  # fmt: skip


def _title(chosen: Chosen, scaling: str) -> str:
    """Return what readers call a scheme that is stretched in a way."""
    variants = PRESENTATIONS[chosen.scheme.name].variants
    return variants[scaling].title if scaling in variants else chosen.title
