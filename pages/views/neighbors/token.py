"""One token's nearest rows: found by text, bytes, regular expression or id, then followed from neighbor to neighbor."""

from typing import Final

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from embedcore.space.two_tables import compare_tables
from embedcore.tokens.search import SearchBy, search_vocabulary
from pages.shared import id_controls, notices, plain, tables, untrained, words
from pages.shared.follow import Row, follow
from pages.shared.neighbor_snippets import FromRows
from pages.shared.numerals import count, fixed, verb
from pages.shared.pictures import numbers
from pages.views.neighbors import choice
from pages.views.neighbors.answer import answer
from pages.views.neighbors.nearest import Search, ask_for

MAX_MATCHES: Final = 60


def draw(searched: Search, question: DeltaGenerator) -> None:
    """Draw the search over the vocabulary and the token's id into `question`, then the neighbors of the token."""
    model = searched.model
    with question:
        query, by = id_controls.find(
            "Find a token",
            key="find_token",
            model=model,
            box="neighbors_search",
            such_as="Find a token, such as",
            width=100,
        )
        start = choice.start_id(model)
        token_id = id_controls.token_id(
            "Token id", key="id", model=model, default=start, label_visibility="collapsed", width=140
        )
    _show_matches(searched, query, by)
    own = np.array([token_id])
    if token_id in searched.untrained:
        st.warning(
            f"Row {token_id} is **{untrained.WORD}**: its numbers are still random, and so its neighbors are chance. Try another token"
            + (f", such as {plain.code(searched.label(start))}." if start not in searched.untrained else "."),
            icon=":material/casino:",
        )
    name = f"{searched.label(token_id)} ({token_id})"
    answer(
        searched,
        model.table[token_id],
        own=own,
        name=name,
        made=FromRows([(1.0, token_id)]),
        below=lambda: _output_table(searched, token_id),
    )


def _show_matches(searched: Search, query: str, by: SearchBy) -> None:
    tokenizer = searched.model.tokenizer
    if not query:
        return
    with notices.in_place():
        matches = search_vocabulary(tokenizer, query, by=by, limit=MAX_MATCHES)
        st.markdown(
            f"**{matches.n_matches:,}** of {count(tokenizer.n_vocab, 'token')} {verb(matches.n_matches, 'matches', 'match')}"
            + (f"; the first {MAX_MATCHES} are shown." if matches.n_matches > MAX_MATCHES else ".")
            + (" Click one to see its neighbors." if matches.n_matches else f" {words.PASTED}.")
        )
        notes = untrained.notes(searched.model, matches.token_ids)
        rows = [
            Row(token_id, searched.label(token_id), note=note)
            for token_id, note in zip(matches.token_ids.tolist(), notes, strict=True)
        ]
        if rows:
            follow(
                rows,
                key="matches_list",
                title=count(len(rows), "match", "matches"),
                vocabulary=tokenizer.name,
                on_follow=ask_for,
            )


def _output_table(searched: Search, token_id: int) -> None:
    """Say what the output table holds of the same token, where the model has one."""
    model = searched.model
    output_table = model.output_table
    if output_table is None:
        if "weight-tied" in model.metadata.source:
            st.markdown(
                f"**Input and output table are the same rows** in {plain.text(model.name)} (tied weights): the row that a token goes in "
                "by is the row that its score is read off by, so there is no second list to compare."
            )
        return
    comparison = compare_tables(model.table, output_table, token_id, k=searched.k, metric=searched.metric)
    st.markdown(
        f"**Output table:** {len(comparison.shared_ids)} of {count(comparison.input.token_ids.shape[1], 'neighbor')} "
        f"{verb(len(comparison.shared_ids), 'is', 'are')} the same in both tables; the cosine of the token's two rows is {fixed(comparison.cosine)}."
    )
    numbers(
        key="output_neighbors",
        table=lambda: tables.neighbors(comparison.output, model.tokenizer, searched.metric, searched.untrained),
        title="Neighbors in the output table",
    )
