"""What the reader wrote, as tokens of the model that is chosen, and what the model makes of them."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from embedcore.model.model import InputLayer, Model
from embedcore.model.trained_rows import untouched
from embedcore.tokens.labels import quoted
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import links, notices, owners, plain, services, stand_in, untrained, widgets

_FIRST: Final = "_first_shown"  # where the window of a long text begins, kept on pages that do not move it


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader's text comes to: the whole tokenization, and the window of it that the model runs.

    `labels` name the window's tokens by position, each once; `chosen` is the chosen token's index in the window, and
    `explained` that of the token which a page explains: the chosen one, or the same default on every page.
    """

    model: Model
    tokenization: Tokenization
    start: int
    layer: InputLayer
    labels: tuple[str, ...]
    chosen: int | None
    explained: int

    @property
    def places(self) -> range:
        """The indices in the whole text of the tokens of the window."""
        return range(self.start, self.start + self.layer.token_ids.shape[1])


def current_model() -> Model:
    """Return the model that the bar names. Raises what opening it raises."""
    return services.model(st.session_state["model"], st.session_state["provider"])


def current_tokenization() -> Tokenization:
    """Return the reader's text as tokens of the model's tokenizer, or what stands in for it: see `stand_in.cut`."""
    return stand_in.cut(current_model().tokenizer)[0]


def is_text() -> bool:
    """Return whether the reader writes text; otherwise the reader gives token ids."""
    return bool(st.session_state["write"] == "text")


def current_reading() -> Reading:
    """Run the model on the reader's text; where there is no token yet, say so and end the page."""
    reading = reading_or_none()
    if reading is None:
        say_empty()
        notices.end_page()
    return reading


def reading_or_none() -> Reading | None:
    """Run the model on the reader's text; None where it has no token.

    A text longer than the model's context is read through a window that the reader moves; the page says so.
    """
    model, tokenization = current_model(), current_tokenization()
    n_tokens = len(tokenization.token_ids)
    if n_tokens == 0:
        return None
    st.session_state[_FIRST] = start = _window(model, n_tokens)
    places = window(model, tokenization)
    labels = untrained.labels(model, tokenization, places)
    layer = model.run(tokenization.token_ids[places.start : places.stop])
    token = chosen_token(tokenization)
    chosen = places.index(token) if token is not None and token in places else None
    explained = places.index(explained_token(model, tokenization)) if chosen is None else chosen
    return Reading(model, tokenization, start, layer, labels, chosen, explained)


def say_empty() -> None:
    """Say where to write, as there is no token yet."""
    what = (
        "something in the box on top of the page: an empty text has no tokens"
        if is_text()
        else "token ids in the box on top of the page, for example 2, 3, 5"
    )
    st.info(f"Write {what}.", icon=":material/edit:")


def chosen_token(tokenization: Tokenization, *, read_as: str = "") -> int | None:
    """Return the index of the chosen token in the text, if one is chosen (see `owners.carry_place`).

    `read_as` says how a page cuts the text in another way than the others do.
    """
    n_tokens = len(tokenization.token_ids)
    raw = links.requested("token")
    if raw is not None and int(raw) < n_tokens:
        st.session_state["token"] = int(raw)
    elif raw is not None:
        notices.link_notice(f"The link asks for token {quoted(raw)}; this text has {_indices(n_tokens)}.")
    elif links.is_back():
        st.session_state["token"] = None
    chosen = st.session_state.setdefault("token", None)
    if chosen is not None:
        cut_by = f"{current_model().tokenizer.name} {st.session_state['write']} {read_as}"
        chosen = st.session_state["token"] = owners.carry_place(chosen, tokenization, cut_by)
    if chosen is not None and chosen >= n_tokens:
        chosen = st.session_state["token"] = None
    links.shows("token", chosen)
    return None if chosen is None else int(chosen)


def window(model: Model, tokenization: Tokenization) -> range:
    """Return the places of the tokens that the model reads: all of a text, or the window of a long one as last moved."""
    n_tokens, length = len(tokenization.token_ids), model.metadata.context_length
    first = st.session_state.get("first", st.session_state.get(_FIRST, 0))
    start = min(int(first), max(n_tokens - length, 0))
    return range(start, min(n_tokens, start + length))


def explained_token(model: Model, tokenization: Tokenization) -> int:
    """Return which token of the window a page explains while none is chosen: the longest whose row was trained.

    Where the file says of no row that it was trained, it is the longest token; of equally long ones the first.
    """
    is_untrained = untrained.marks(model, tokenization)
    places = window(model, tokenization)
    return max(places, key=lambda place: (not is_untrained[place], len(tokenization.token_bytes[place])))


def why_explained(model: Model, chosen: int | None) -> str:
    """Return a sentence on why a page explains the token that it does; nothing where the reader has `chosen` it."""
    if chosen is not None:
        return ""
    longest = "the longest" if untouched(model.metadata) is None else "the longest with a trained row"
    return f"No token is chosen, so this is {longest}; choose another by a click above."


def choose_token(index: int | None) -> None:
    """Choose the token at `index` of the whole text; choosing it again frees it."""
    st.session_state["token"] = None if st.session_state.get("token") == index else index


def _window(model: Model, n_tokens: int) -> int:
    """Return where the window begins; draw its control only where the text is longer than the context."""
    length = model.metadata.context_length
    if n_tokens <= length:
        return 0
    last = n_tokens - length
    st.warning(
        f"The text has {n_tokens:,} tokens; {plain.text(model.name)} has {length:,} positions. What follows shows {length:,} tokens "
        "from the one that you choose here; the first of them stands at position 0.",
        icon=":material/crop:",
    )
    return widgets.number("First token shown", key="first", smallest=0, largest=last)


def _indices(n_tokens: int) -> str:
    return f"tokens 0 to {n_tokens - 1}" if n_tokens else "no token"
