"""What each scheme does to the score between any two tokens, and how much of it is position."""

import numpy as np
import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.figures.color_scale import share_range, signed_range
from embedcore.figures.scores import MAX_TOKENS, score_map
from embedcore.schemes import Attention, Tokens, attention_weights, spread
from pages.shared import pictures, tables, widgets
from pages.shared.numerals import count, fixed
from pages.views.positions.columns import side_by_side
from pages.views.positions.scheme_knobs import Chosen, Comparison
from pages.views.positions.terms import draw_terms

MAX_DIFFERENT = 64  # tokens whose scores are compared
SHOWN = ("score", "position's part", "attention", "terms")


def draw(comparison: Comparison) -> None:
    """Draw a heat map for each scheme over the reader's tokens, and its content against position in one number."""
    labels = comparison.reading.labels
    cells = st.columns([2, 1, 1], vertical_alignment="bottom")
    with cells[0]:
        shown = widgets.segments("Shown", SHOWN, key="shown")
    with cells[1]:
        is_shared = widgets.toggle("One color scale for all", key="one_scale")
    with cells[2]:
        is_causal = widgets.toggle("Only keys up to the query", key="causal", disabled=shown != "attention")
    ready: dict[str, Attention] = {}
    refused: dict[str, EmbedcoreError] = {}
    tokens = Tokens.of(comparison.vectors)
    for chosen in comparison.chosen:
        try:
            ready[chosen.scheme.name] = chosen.scheme.attend(tokens, tokens, comparison.heads)
        except EmbedcoreError as error:  # shown under its own title
            refused[chosen.scheme.name] = error
    if shown == "terms":
        draw_terms(comparison, ready, refused)
        return
    values = {name: _values(attention, shown, is_causal=is_causal) for name, attention in ready.items()}
    ranges = share_range if shown == "attention" else signed_range
    shared = ranges(*values.values()) if is_shared else None

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
                is_share=shown == "attention",
                chosen=comparison.reading.chosen,
                name=shown,
            ),
            key=f"scores_{name}",
            alt=f"Heat map of the {shown} between every two of {count(len(labels), 'token')} with {chosen.title}",
            table=lambda: tables.matrix(labels, matrix, name="query"),
        )
        st.markdown(_spread(chosen, comparison))

    side_by_side(comparison.chosen, scores)
    st.caption(
        f"Rows ask (queries), columns answer (keys), head {comparison.heads.head} of {comparison.heads.n_heads}. No attention weights "
        "come with an input layer, so queries and keys are the vectors themselves (W_q and W_k are the identity)"
        + (
            ", normalized to mean 0 and variance 1 as a LayerNorm without gain and bias does."
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
    if shown == "attention":
        return attention_weights(attention, is_causal=is_causal)[0]
    return (attention.scores if shown == "score" else attention.position)[0]


def _spread(chosen: Chosen, comparison: Comparison) -> str:
    """Return how far scores lie apart by place and by token, and the one number: their ratio."""
    ids = comparison.reading.layer.token_ids[0]
    first = np.sort(np.unique(ids, return_index=True)[1])
    if len(first) < 2:
        return "The text has but one token, whatever its place: position and content cannot be compared."
    different = comparison.vectors[first[:MAX_DIFFERENT]]
    apart = spread(chosen.scheme, comparison.vectors[comparison.query], different, len(ids), comparison.heads)
    return (
        f"**Position : content = {fixed(apart.ratio, 3)}.** The score of the same token at two places differs by "
        f"{fixed(apart.between_places)}, that of two tokens at the same place by {fixed(apart.between_tokens)} (root mean squares"
        + (
            f"; the first {MAX_DIFFERENT} of {len(first)} different tokens count)."
            if len(first) > MAX_DIFFERENT
            else ")."
        )
    )
