"""A score as the sum that its formula says: one heat strip for each term, on one color scale."""

from collections.abc import Mapping

import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.figures.heat import heat_strips
from embedcore.figures.scores import MAX_TOKENS
from embedcore.schemes import Attention
from pages.shared import notices, pictures, tables
from pages.shared.numerals import decimal
from pages.views.positions.scheme_knobs import Chosen, Comparison

MAX_ROWS = 48


def draw_terms(comparison: Comparison, ready: Mapping[str, Attention], refused: Mapping[str, EmbedcoreError]) -> None:
    """Draw the terms of each scheme whose score is a sum, and the sum.

    `ready` holds the attention of a scheme by its name, `refused` what is wrong with one that has none.
    """
    for chosen in comparison.chosen:
        st.header(chosen.title)
        with notices.in_place():
            if chosen.scheme.name in refused:
                raise refused[chosen.scheme.name]
            _sum(chosen, ready[chosen.scheme.name], comparison)
    n_tokens = len(comparison.reading.labels)
    if n_tokens > MAX_ROWS:
        st.caption(f"The first {MAX_ROWS} of {n_tokens:,} tokens ask; the tables hold them all.")


def _sum(chosen: Chosen, attention: Attention, comparison: Comparison) -> None:
    if not attention.terms:
        st.markdown("Its score is one product, no sum of terms.")
        return
    labels = comparison.reading.labels
    parts = {name: values[0] for name, values in attention.terms.items()} | {"score": attention.scores[0]}
    pictures.picture(
        heat_strips(
            [(name, values[:MAX_ROWS, :MAX_TOKENS]) for name, values in parts.items()],
            labels[:MAX_ROWS],
            pictures.style(),
            operators=[*"+" * (len(attention.terms) - 1), "="],
            chosen=comparison.reading.chosen,
            column_name="key",
        ),
        key=f"terms_{chosen.scheme.name}",
        alt=f"Heat strips of the terms {', '.join(attention.terms)} of every score with {chosen.title}, and their sum",
        table=lambda: tables.pairs(labels, parts),
    )
    query, key = comparison.query, 0
    sum_of = " + ".join(f"{name} {decimal(values[0, query, key])}" for name, values in attention.terms.items())
    st.markdown(f"Query {query} with key {key}: {sum_of} = **{decimal(attention.scores[0, query, key])}**")
