"""What each scheme does to the score between any two tokens, and how much of it is position."""

import numpy as np
import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.figures.color_scale import share_range, signed_range
from embedcore.figures.scores import MAX_TOKENS, score_map
from embedcore.layer.rule import Rule
from embedcore.schemes import Attention, Tokens, spread
from embedcore.schemes.measures import ruled_weights
from embedcore.schemes.on_block import attend
from pages.shared import links, pictures, plain, tables, widgets
from pages.shared.numerals import count, fixed
from pages.views.positions import block_queries, origins
from pages.views.positions.columns import side_by_side
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.parts import ATTENTION, NAMES, POSITION, SCORE, TERMS
from pages.views.positions.pattern import draw as draw_pattern
from pages.views.positions.terms import draw_terms

MAX_DIFFERENT = 64  # tokens whose scores are compared
SHOWN = (SCORE, POSITION, ATTENTION, TERMS)


def draw(comparison: Comparison) -> None:
    """Draw a heat map for each scheme over the reader's tokens, and its content against position in one number.

    The attention of the model's own scheme is the pattern of its block 1, where the file says how scores become weights.
    """
    labels, compared = comparison.reading.labels, comparison.chosen
    with comparison.row:
        shown = widgets.segments("Part of the score", SHOWN, key="shown", label_visibility="collapsed")
    with comparison.settings:
        is_shared = widgets.toggle("One color scale for all schemes", key="one_scale")
        rule = _rule(comparison, shown)
    if shown == ATTENTION and comparison.block is not None and comparison.block.rule is not None:
        draw_pattern(comparison, comparison.block)
        compared = tuple(chosen for chosen in compared if chosen.own_of is None)
        if not compared:
            return
        st.subheader("Other schemes on the same queries and keys")
    ready: dict[str, Attention] = {}
    refused: dict[str, EmbedcoreError] = {}
    tokens = Tokens.of(comparison.vectors)
    for chosen in compared:
        try:
            ready[chosen.scheme.name] = attend(chosen.scheme, tokens, tokens, comparison.heads, comparison.block)
        except EmbedcoreError as error:  # shown under its own title
            refused[chosen.scheme.name] = error
    if shown == TERMS:
        draw_terms(comparison, ready, refused)
        return
    values = {name: _values(attention, shown, rule) for name, attention in ready.items()}
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

    side_by_side(compared, scores)
    st.caption(
        f"Rows are queries and columns are keys, in head {comparison.heads.head} of {comparison.heads.n_heads}. {block_queries.words(comparison)}"
        + comparison.pair_words
        + (
            f" {MAX_TOKENS} of {len(labels):,} tokens are drawn, evenly spread; the tables hold them all."
            if len(labels) > MAX_TOKENS
            else ""
        )
    )


def _rule(comparison: Comparison, shown: str) -> Rule:
    """Return how scores become weights: as the model's file says it for block 1, or else as the reader chooses."""
    if comparison.block is None or comparison.block.rule is None:
        return Rule(widgets.toggle("Causal mask for attention weights", key="causal", disabled=shown != ATTENTION))
    links.unused("causal", "the model's file decides while the queries and keys of block 1 are used")
    return comparison.block.rule


def _values(attention: Attention, shown: str, rule: Rule) -> np.ndarray:
    if shown == ATTENTION:
        return ruled_weights(attention.scores, rule)[0]
    return (attention.scores if shown == SCORE else attention.position)[0]


def _spread(chosen: Chosen, comparison: Comparison) -> str:
    """Return how far scores lie apart by place and by token, and the one number: their ratio."""
    ids = comparison.reading.layer.token_ids[0]
    first = np.sort(np.unique(ids, return_index=True)[1])
    if len(first) < 2:
        return "The text repeats one token only, so position and content cannot be compared."
    different = comparison.vectors[first[:MAX_DIFFERENT]]
    apart = spread(
        chosen.scheme,
        comparison.vectors[comparison.query],
        different,
        len(ids),
        comparison.heads,
        block=comparison.block,
    )
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
