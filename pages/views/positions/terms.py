"""A score as the sum that its formula says: one heat strip for each term, on one color scale."""

from collections.abc import Mapping

import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.figures.heat import heat_strips
from embedcore.figures.scores import MAX_TOKENS
from embedcore.schemes import Attention
from pages.shared import notices, pictures, plain, tables
from pages.shared.numerals import decimal
from pages.views.positions import block_queries, origins
from pages.views.positions.columns import title
from pages.views.positions.comparison import Chosen, Comparison

MAX_ROWS = 48


def draw_terms(comparison: Comparison, ready: Mapping[str, Attention], refused: Mapping[str, EmbedcoreError]) -> None:
    """Draw the terms of each scheme whose score is a sum, and the sum.

    `ready` holds the attention of a scheme by its name, `refused` what is wrong with one that has none.
    """
    for chosen in comparison.chosen:
        title(chosen)
        with notices.in_place():
            if chosen.scheme.name in refused:
                raise refused[chosen.scheme.name]
            _sum(chosen, ready[chosen.scheme.name], comparison)
    if comparison.block is not None:
        st.caption(f"The terms are those of head {comparison.heads.head}. {block_queries.words(comparison)}")
    n_tokens = len(comparison.reading.labels)
    if n_tokens > MAX_ROWS:
        st.caption(f"The queries of the first {MAX_ROWS} of {n_tokens:,} tokens are drawn; the tables hold them all.")


def _sum(chosen: Chosen, attention: Attention, comparison: Comparison) -> None:
    if not attention.terms:
        st.markdown("The score of this scheme is one product and not a sum of terms.")
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
        alt=f"Heat strips of the terms {', '.join(attention.terms)} of every score with {origins.marked(chosen)}, and their sum",
        table=lambda: origins.columns(tables.pairs(labels, parts), chosen),
    )
    query, key = comparison.query, 0
    sum_of = " + ".join(f"{name} {decimal(values[0, query, key])}" for name, values in attention.terms.items())
    total = decimal(attention.scores[0, query, key])
    st.markdown(f"Query {query} with key {key}: {sum_of} = **{total}** ({plain.text(origins.mark(chosen))})")
