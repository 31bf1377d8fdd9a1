"""The search over the whole vocabulary."""

from typing import get_args

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import token_label
from embedcore.tokens.search import SearchBy, search_vocabulary
from pages.shared import id_controls, notices, widgets, words
from pages.shared.numerals import verb


def draw(model: Model) -> None:
    """Draw the line to search by, and the tokens that match."""
    tokenizer = model.tokenizer
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        by = widgets.segments("Search by", get_args(SearchBy), key="by")
    with left:
        query = id_controls.search("Search", key="query", model=model, by=by, placeholder=words.SEARCHED[by])
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
