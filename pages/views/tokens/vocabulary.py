"""The search over the whole vocabulary."""

from typing import get_args

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import token_label
from embedcore.tokens.search import SearchBy, search_vocabulary
from pages.shared import id_controls, notices, widgets, words
from pages.shared.numerals import verb


def ask(model: Model) -> tuple[str, SearchBy]:
    """Draw the line to search by, and return what is searched, and by what."""
    line = st.container(key="tokens_search")
    by: SearchBy = widgets.segments("Search by", get_args(SearchBy), key="by", label_visibility="collapsed")
    with line:
        query = id_controls.search(
            "Search the vocabulary",
            key="query",
            model=model,
            by=by,
            placeholder=f"Search all {model.tokenizer.n_vocab:,} tokens, for example {words.SEARCHED[by].strip()}",
        )
    return query, by


def draw(model: Model, query: str, by: SearchBy) -> None:
    """Draw the tokens that match; nothing where nothing is searched."""
    tokenizer = model.tokenizer
    with notices.in_place():
        matches = search_vocabulary(tokenizer, query, by=by)
        if not query:
            return
        st.markdown(
            f"**{matches.n_matches:,}** of {tokenizer.n_vocab:,} tokens of {tokenizer.name} "
            f"{verb(matches.n_matches, 'matches', 'match')}."
        )
        ids = matches.token_ids.tolist()
        st.dataframe(
            {
                "id": matches.token_ids,
                "token": [token_label(tokenizer.token_bytes(token_id), token_id) for token_id in ids],
                "bytes": [(tokenizer.token_bytes(token_id) or b"").hex(" ") for token_id in ids],
            },
            hide_index=True,
            height=320,
            key="matches",
        )
        if matches.n_matches > len(ids):
            st.caption(f"The first {len(ids):,} are listed.")
