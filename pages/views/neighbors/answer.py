"""The answer to a question: the rows nearest to a query as a ranked list, how all scores spread, and the code."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from jaxtyping import Float, Float64, Int64

from embedcore.figures.bar_axis import BarAxis, bar_axis
from embedcore.model.trained_rows import is_nothing_trained
from embedcore.space.chance import best_cosines
from embedcore.space.metrics import all_scores
from pages.shared import file_card, pictures, plain, tables, untrained, words
from pages.shared.neighbor_snippets import FromRows, FromText, NeighborList, in_runtime, in_torch
from pages.shared.numerals import count, fixed, verb
from pages.shared.run_it import run_it_yourself
from pages.views.neighbors import spread
from pages.views.neighbors.nearest import Search, ask_for
from pages.views.neighbors.ranked import RankedRow, list_height, ranked_list


def answer(
    searched: Search,
    query: Float[np.ndarray, " d_model"],
    *,
    own: Int64[np.ndarray, " n_own"],
    name: str,
    made: FromRows | FromText,
    below: Callable[[], None] = lambda: None,
) -> None:
    """Show the rows nearest to `query`, called `name` and `made` so: ranked list, histogram, table, code.

    `own` is left out of the answer. `below` draws what stands between the list and the code.
    """
    nearest = searched.nearest(query, k=searched.k, own=own)
    token_ids, scores = nearest.token_ids[0], nearest.scores[0]
    every = all_scores(searched.model.table, query, metric=searched.metric)
    axis = bar_axis(searched.metric, every, scores)
    n_left_out = len(np.union1d(own, searched.untrained)) if searched.is_trained_only else len(own)
    n_compared = len(every) - n_left_out
    with st.container(key="neighbors_nearest"):
        st.header(f"Nearest to {plain.code(name)}", anchor=False)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        with st.container(height=list_height(len(token_ids)), border=False, key="neighbors_list"):
            ranked_list(
                _rows(searched, token_ids, scores, n_compared),
                axis,
                key="neighbors",
                title=count(len(token_ids), "neighbor"),
                score_name=spread.score_name(searched.metric),
                vocabulary=searched.model.tokenizer.name,
                on_follow=ask_for,
            )
        pictures.numbers(
            key="neighbors",
            table=lambda: tables.neighbors(nearest, searched.model.tokenizer, searched.metric, searched.untrained),
            title="Every neighbor: rank, id, token, bytes, score",
        )
        st.caption(_caption(searched, token_ids, axis, n_compared))
    with right:
        spread.draw(searched, query, every, scores, n_compared)
    below()
    listed = NeighborList(searched.model, made, len(token_ids), searched.metric, own.tolist(), searched.is_trained_only)
    run_it_yourself(searched.model, in_torch(listed), in_runtime(listed), words.MEASURES[searched.metric])
    file_card.draw(searched.model)


def _rows(
    searched: Search, token_ids: np.ndarray, scores: Float64[np.ndarray, " k"], n_compared: int
) -> list[RankedRow]:
    never = np.isin(token_ids, searched.untrained).tolist()
    d_model = searched.model.metadata.d_model
    is_cosine = searched.metric == "cosine"
    by_chance = best_cosines(len(scores), n_compared, d_model).tolist() if is_cosine else [None] * len(scores)
    return [
        RankedRow(token_id, searched.label(token_id), score, fixed(score), chance, untrained.WORD if is_never else "")
        for token_id, score, chance, is_never in zip(token_ids.tolist(), scores.tolist(), by_chance, never, strict=True)
    ]


def _caption(searched: Search, token_ids: np.ndarray, axis: BarAxis, n_compared: int) -> str:
    n_vocab, n_never = searched.model.metadata.n_vocab, int(np.count_nonzero(np.isin(token_ids, searched.untrained)))
    n_left_out = n_vocab - n_compared
    said = f"{_axis_words(searched, axis)} The answer is exact: {'all ' if n_compared > 1 else ''}{count(n_compared, 'row')} "
    said += f"{verb(n_compared, 'was', 'were')} compared with the query"
    said += f", and {n_left_out:,} of {n_vocab:,} {verb(n_left_out, 'was', 'were')} left out." if n_left_out else "."
    said += " Click a neighbor to see its own."
    if n_never:
        said += (
            f" {n_never} of {verb(len(token_ids), 'this', 'these')} {count(len(token_ids), 'row')} {verb(n_never, 'is', 'are')} "
            f"{untrained.WORD}: {verb(n_never, 'its', 'their')} numbers are still random, so being near means nothing there."
        )
    if is_nothing_trained(searched.model.metadata):
        said = f"No row of {plain.text(searched.model.name)} was trained, so these neighbors are chance. {said}"
    return said


def _axis_words(searched: Search, axis: BarAxis) -> str:
    """Say from where to where the bars run, and what ends there."""
    start, end = axis.ticks[0][1], axis.ticks[-1][1]
    if searched.metric == "cosine":
        return f"The axis of the bars runs from {start} to 1, the largest cosine that there is."
    if searched.metric == "dot":
        return (
            f"The axis of the bars runs from {start} to {end}, the largest size of a dot product with the whole table."
        )
    return f"The axis of the bars runs from 0 to {end}, the largest distance in the whole table: a short bar is near."
