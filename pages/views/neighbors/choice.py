"""The token that the question "a token" starts from: the one that every page explains, until the reader follows another."""

from typing import Final

import streamlit as st

from embedcore.errors import EmbedcoreError
from embedcore.model.model import Model
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import links, owners
from pages.shared.reading import choose_token, chosen_token, current_model, current_tokenization, explained_token

_DEFAULT: Final = b" list"  # where the text has no token of the model
_START: Final = "_neighbors_start"


def start_id(model: Model) -> int:
    """Return the id that the page starts from; where it changes, the page leaves the token that it showed before.

    It changes with the chosen token. While none is chosen it changes with the text, and a followed neighbor stays.
    """
    tokenization = _tokenization()
    if tokenization is None or not len(tokenization.token_ids):
        return model.tokenizer.ordinary_id(_DEFAULT) or 0
    chosen = chosen_token(tokenization)
    place = explained_token(model, tokenization) if chosen is None else chosen
    start = int(tokenization.token_ids[place])
    before = st.session_state.get(_START)
    st.session_state[_START] = (start, chosen)
    is_linked = links.requested("id") is not None or links.is_back()
    if before is not None and "id" in st.session_state and not is_linked:
        is_chosen = chosen is not None and before != (start, chosen)
        if is_chosen or st.session_state["id"] == before[0]:
            st.session_state["id"] = start
            owners.own("id", start, model.tokenizer.name)
    return start


def keep_in_link() -> None:
    """Keep the chosen token in the link where the page asks for something else."""
    tokenization = _tokenization()
    if tokenization is not None:
        chosen_token(tokenization)


def choose_in_text(token_id: int, vocabulary: str) -> None:
    """Choose the token `token_id` of `vocabulary` on every page, if the reader's text has it; the first where it is twice."""
    tokenization = _tokenization()
    if tokenization is None or current_model().tokenizer.name != vocabulary:
        return
    places = [place for place, other in enumerate(tokenization.token_ids.tolist()) if other == token_id]
    if places and st.session_state.get("token") not in places:
        choose_token(places[0])
        st.session_state[_START] = (token_id, places[0])


def _tokenization() -> Tokenization | None:
    try:
        return current_tokenization()
    except EmbedcoreError:  # the pages that need the text say what is wrong with it
        return None
