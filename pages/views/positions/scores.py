"""What each scheme does to the score between any two tokens, and how much of it is position."""

import numpy as np
import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.figures.color_scale import share_range, signed_range
from embedcore.figures.scores import MAX_TOKENS, score_map
from embedcore.schemes import Attention, Tokens, attention_weights, spread
from pages.shared import pictures, plain, tables, widgets
from pages.shared.numerals import count, fixed
from pages.views.positions import origins
from pages.views.positions.columns import side_by_side
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.parts import ATTENTION, NAMES, POSITION, SCORE, TERMS
from pages.views.positions.terms import draw_terms

MAX_DIFFERENT = 64  # tokens whose scores are compared
SHOWN = (SCORE, POSITION, ATTENTION, TERMS)


def draw(comparison: Comparison) -> None:
    """Draw a heat map for each scheme over the reader's tokens, and its content against position in one number."""
    labels = comparison.reading.labels
    with comparison.row:
        shown = widgets.segments("Part of the score", SHOWN, key="shown", label_visibility="collapsed")
    with comparison.settings:
        is_shared = widgets.toggle("One color scale for all schemes", key="one_scale")
        is_causal = widgets.toggle("Causal mask for attention weights", key="causal", disabled=shown != ATTENTION)
    ready: dict[str, Attention] = {}
    refused: dict[str, EmbedcoreError] = {}
    tokens = Tokens.of(comparison.vectors)
    for chosen in comparison.chosen:
        try:
            ready[chosen.scheme.name] = chosen.scheme.attend(tokens, tokens, comparison.heads)
        except EmbedcoreError as error:  # shown under its own title
            refused[chosen.scheme.name] = error
    if shown == TERMS:
        draw_terms(comparison, ready, refused)
        return
    values = {name: _values(attention, shown, is_causal=is_causal) for name, attention in ready.items()}
    ranges = share_range if shown == ATTENTION else signed_range
    shared, name_of_shown = ranges(*values.values()) if is_shared else None, NAMES[shown]

    def scores(chosen: Chosen) -> None:
        name = chosen.scheme.name
        if name in refused:
            raise refused[name]
        matrix = values[name]
        pictures.picture(
            score_map(
                matrix,
                labels,
                pictures.style(),
                colors=shared,
                is_share=shown == ATTENTION,
                chosen=comparison.reading.chosen,
                name=name_of_shown,
            ),
            key=f"scores_{name}",
            alt=f"Heat map of the {name_of_shown} between every two of {count(len(labels), 'token')} with {origins.marked(chosen)}",
            table=lambda: origins.columns(tables.matrix(labels, matrix, name="query"), chosen),
        )
        st.markdown(_spread(chosen, comparison))

    side_by_side(comparison.chosen, scores)
    st.caption(
        f"Rows are queries and columns are keys, in head {comparison.heads.head} of {comparison.heads.n_heads}. An input layer has no attention "
        "weights, so queries and keys are the vectors themselves (W_q and W_k are the identity)"
        + (
            ", normalized to mean 0 and variance 1 as by a LayerNorm without gain and bias."
            if comparison.heads.is_normalized
            else "."
        )
        + comparison.pair_words
        + (
            f" {MAX_TOKENS} of {len(labels):,} tokens are drawn, evenly spread; the tables hold them all."
            if len(labels) > MAX_TOKENS
            else ""
        )
    )


def _values(attention: Attention, shown: str, *, is_causal: bool) -> np.ndarray:
    if shown == ATTENTION:
        return attention_weights(attention, is_causal=is_causal)[0]
    return (attention.scores if shown == SCORE else attention.position)[0]


def _spread(chosen: Chosen, comparison: Comparison) -> str:
    """Return how far scores lie apart by place and by token, and the one number: their ratio."""
    ids = comparison.reading.layer.token_ids[0]
    first = np.sort(np.unique(ids, return_index=True)[1])
    if len(first) < 2:
        return "The text repeats one token only, so position and content cannot be compared."
    different = comparison.vectors[first[:MAX_DIFFERENT]]
    apart = spread(chosen.scheme, comparison.vectors[comparison.query], different, len(ids), comparison.heads)
    return (
        f"**Position-to-content ratio: {fixed(apart.ratio, 3)}** ({plain.text(origins.mark(chosen))}). The score of the same token at two "
        f"positions differs by {fixed(apart.between_places)}, and the score of two tokens at the same position by "
        f"{fixed(apart.between_tokens)} (root mean squares"
        + (
            f" over the first {MAX_DIFFERENT} of {len(first)} different tokens)."
            if len(first) > MAX_DIFFERENT
            else ")."
        )
    )
