"""A score as the sum that its formula says: one heat strip a term, on one color scale."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from embedcore.figures.heat import heat_strips
from embedcore.figures.scores import MAX_TOKENS
from embedcore.schemes import Attention
from pages.shared import pictures, tables
from pages.shared.scheme_knobs import Comparison

MAX_ROWS = 48


def draw_terms(found: Comparison, ready: Mapping[str, Attention]) -> None:
    """Draw the terms of each scheme whose score is a sum, and the sum; `ready` holds its attention by its name."""
    labels = found.reading.labels
    for chosen in found.chosen:
        attention = ready.get(chosen.scheme.name)
        if attention is None:
            continue
        st.subheader(chosen.title)
        if not attention.terms:
            st.markdown("Its score is one product, no sum of terms.")
            continue
        parts = {name: values[0] for name, values in attention.terms.items()} | {"score": attention.scores[0]}
        operators = [*"+" * (len(attention.terms) - 1), "="]
        pictures.picture(
            heat_strips(
                [(name, values[:MAX_ROWS, :MAX_TOKENS]) for name, values in parts.items()],
                labels[:MAX_ROWS],
                pictures.style(),
                operators=operators,
                chosen=found.reading.chosen,
                column_name="key",
            ),
            key=f"terms_{chosen.scheme.name}",
            alt=f"Heat strips of the terms {', '.join(attention.terms)} of every score with {chosen.title}, and their sum",
            table=partial(tables.pairs, labels, parts),
        )
        query, key = found.query, 0
        sum_of = " + ".join(f"{name} {values[0, query, key]:.4f}" for name, values in attention.terms.items())
        st.markdown(f"Query {query} with key {key}: {sum_of} = **{attention.scores[0, query, key]:.4f}**")
    if len(labels) > MAX_ROWS:
        st.caption(f"The first {MAX_ROWS} of {len(labels)} tokens ask; the tables hold them all.")
