"""Controls for what is written in token ids, which belong to one vocabulary and follow their tokens into another."""

from typing import Any, get_args

import numpy as np
import streamlit as st

from embedcore.model.model import Model
from embedcore.space.carried import carried, carried_expression
from embedcore.tokens.search import SearchBy
from pages.shared import links, owners, widgets, words


def token_id(label: str, *, key: str, model: Model, default: int, **kwargs: Any) -> int:
    """Draw the number of one token of `model`, bound to the URL.

    After a change of vocabulary it is the number that the same token has there; where it has none, the page says so and
    takes `default`.
    """
    tokenizer, n_vocab = model.tokenizer, model.metadata.n_vocab
    before = st.session_state.get(key)
    if before is not None:
        one = owners.tokenizer_of(key, before, tokenizer)
        carried_id = int(carried(np.array([before]), one, tokenizer)[0])
        if not 0 <= carried_id < n_vocab:
            st.info(owners.missing(before, one, model.name), icon=":material/search_off:")
            carried_id = default
        if carried_id != before or not one.is_same(tokenizer):
            st.session_state[key] = carried_id
    chosen = widgets.number(label, key=key, value=default, smallest=0, largest=n_vocab - 1, **kwargs)
    owners.own(key, chosen, tokenizer.name)
    return chosen


def expression(label: str, *, key: str, model: Model, value: str, **kwargs: Any) -> str:
    """Draw a line for an expression over `model`'s tokens; the ids in it follow their tokens into another vocabulary."""
    tokenizer = model.tokenizer
    before = st.session_state.get(key)
    if before is not None:
        one = owners.tokenizer_of(key, before, tokenizer)
        if not one.is_same(tokenizer):
            st.session_state[key] = carried_expression(before, one, tokenizer)
    text = widgets.line(label, key=key, value=value, **kwargs)
    owners.own(key, text, tokenizer.name)
    return text


def search(label: str, *, key: str, model: Model, by: SearchBy, placeholder: str) -> str:
    """Draw a line to search `model`'s vocabulary; empty where it holds ids of another one, which is said.

    A single id follows its token; a range of ids is one of that vocabulary alone.
    """
    tokenizer = model.tokenizer
    before = st.session_state.get(key)
    one = tokenizer
    if before and by == "id":
        one = owners.tokenizer_of(key, before, tokenizer)
        if not one.is_same(tokenizer) and before.strip().isdecimal() and int(before) < one.n_vocab:
            carried_id = int(carried(np.array([int(before)]), one, tokenizer)[0])
            if carried_id >= 0:
                st.session_state[key], one = str(carried_id), tokenizer
    text = widgets.line(
        label,
        key=key,
        help=words.PASTED,
        icon=":material/search:",
        label_visibility="collapsed",
        placeholder=placeholder,
    )
    if text == before and not one.is_same(tokenizer):
        links.shows(key, "", "")  # a link names the current model
        links.lacks(f"The search: it is for ids of {one.name}, and a link names the model of now.")
        st.info(
            f"These are ids of {one.name}: write ids of {tokenizer.name}, or search by text.",
            icon=":material/search_off:",
        )
        return ""
    owners.own(key, text, tokenizer.name)
    return text


def find(label: str, *, key: str, model: Model, box: str, such_as: str, width: int) -> tuple[str, SearchBy]:
    """Draw the search on a page that marks or opens what is found; return what is searched, and by what.

    The line takes the room that is left, in a container with the key `box`; by what is chosen in a box `width` px wide.
    The empty line says `such_as` and an example.
    """
    line = st.container(width="stretch", key=box)
    by: SearchBy = widgets.select(
        "Find by", get_args(SearchBy), key="find_by", label_visibility="collapsed", width=width
    )
    with line:
        return search(label, key=key, model=model, by=by, placeholder=f"{such_as} {words.SEARCHED[by].strip()}"), by
