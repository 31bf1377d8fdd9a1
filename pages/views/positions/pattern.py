"""The attention pattern of block 1 on the reader's text, with what positions do to it and without it."""

from functools import partial

import numpy as np
import streamlit as st

from embedcore.figures.color_scale import share_range
from embedcore.figures.scores import score_map
from embedcore.layer.block import FirstBlock
from embedcore.model.scheme import scheme_of_model
from embedcore.schemes import Heads, Rotary, Scheme
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.pattern import Pattern, pattern_of, queries_of, rule_of_block
from pages.shared import pictures, plain, tables
from pages.shared.numerals import count, share
from pages.views.positions import block_queries
from pages.views.positions.comparison import Comparison
from pages.views.positions.heads import group_words


def draw(comparison: Comparison, block: FirstBlock) -> None:
    """Draw the weights of the chosen head with positions, without them, and what that changes; then every head in numbers."""
    reading, head = comparison.reading, int(comparison.heads.head or 0)
    heads = Heads(block.n_heads, is_normalized=False)
    pattern = pattern_of(scheme_of_model(reading.model), block, heads, queries_of(block))
    labels = [reading.labels[place] for place in pattern.queries]
    shown = {
        "with positions": pattern.weights[head][:, pattern.queries],
        "without positions": pattern.without[head][:, pattern.queries],
        "difference": pattern.difference[head][:, pattern.queries],
    }
    shares = share_range(*list(shown.values())[:2])
    for cell, (title, values) in zip(st.columns(len(shown), gap="medium"), shown.items(), strict=True):
        with cell:
            is_share = title != "difference"
            st.header(title.capitalize(), anchor=False)
            pictures.picture(
                score_map(
                    values,
                    labels,
                    pictures.style(),
                    colors=shares if is_share else None,
                    chosen=_row(pattern, reading.chosen),
                    name="weight" if is_share else "change",
                ),
                key=f"pattern_{title.split()[0]}",
                alt=(
                    f"Heat map of the attention weights of block 1 of {reading.model.name}, head {head}, between every two of "
                    f"{count(len(labels), 'token')}: {title}"
                ),
                table=partial(tables.matrix, labels, values, name="query"),
            )
    st.markdown(_said(comparison, block, pattern, head))
    _every_head(block, pattern)


def _row(pattern: Pattern, chosen: int | None) -> int | None:
    """Return which of the drawn queries is the chosen token; None where it is not drawn."""
    there = [] if chosen is None else np.flatnonzero(pattern.queries == chosen).tolist()
    return there[0] if there else None


def _said(comparison: Comparison, block: FirstBlock, pattern: Pattern, head: int) -> str:
    model, n_tokens = comparison.reading.model, len(comparison.reading.labels)
    scheme = scheme_of_model(model)
    n_drawn = len(pattern.queries)
    return (
        f"This is the attention of head {head} in block 1 of {plain.text(model.name)} on these tokens, as the model computes it: rows "
        f"are queries, columns are keys, and each row sums to 1. {plain.text(model.name)} has {group_words(block, head)}. "
        f"{block_queries.rule_words(rule_of_block(block), block.head_dim)} **Without positions** are the weights of the same block "
        f"where {_left_out(scheme)}. Positions move "
        f"**{share(float(pattern.moved[head]))}** of the attention of a query to other keys, on average over the queries."
        + (
            f" {n_drawn} of {n_tokens:,} tokens are drawn and stand in the tables, evenly spread; each weight is one of a softmax over all "
            f"{n_tokens:,} keys."
            if n_drawn < n_tokens
            else ""
        )
    )


def _left_out(scheme: Scheme) -> str:
    """Say what is left out where no position acts."""
    if isinstance(scheme, Absolute):
        return "no position vectors are added to its input"
    if isinstance(scheme, Rotary):
        return "queries and keys are not rotated"
    return "the position's part of the score is left out"


def _every_head(block: FirstBlock, pattern: Pattern) -> None:
    st.subheader("Every head of block 1")
    st.dataframe(
        {
            "query head": np.arange(block.n_heads),
            "key head": [block.key_head(head) for head in range(block.n_heads)],
            "attention that positions move": pattern.moved,
            "mean distance to the keys, with positions (tokens)": pattern.away,
            "mean distance, without positions (tokens)": pattern.away_without,
        },
        hide_index=True,
        key="pattern_heads",
    )
