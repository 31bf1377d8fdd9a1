"""The only widget keys: what the reader can set, where it lives in the URL, and what it comes to.

Widgets are bound to query parameters of the same name by Streamlit, so a link gives every viewer the same state; each
tells `links` what it shows. A text too long for a link stays out of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from embedcore.engine.providers import REQUESTS
from embedcore.model import catalog
from embedcore.model.model import InputLayer, Model
from embedcore.tokens.labels import quoted, token_label
from embedcore.tokens.tokenizer import Tokenization
from embedcore.tokens.written_ids import read_ids
from pages.shared import links, notices, owners, plain, services
from pages.shared.parameters import MAX_LINE, MAX_TEXT

DEFAULT_TEXT: Final = "A list is like a tuple, but a tuple cannot change."
DEFAULT_IDS: Final = "2, 3, 5, 1"
_DEFAULTS: Final = {"text": DEFAULT_TEXT, "ids": DEFAULT_IDS}
MAX_LINK_CHARACTERS: Final = 1_000
_WRITE: Final = ("text", "token ids")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader's text comes to: the whole tokenization, and the window of it that the model runs.

    `labels` name the window's tokens by position, each once; `chosen` is the chosen token's index in the window.
    """

    model: Model
    tokenization: Tokenization
    start: int
    layer: InputLayer
    labels: tuple[str, ...]
    chosen: int | None


def sidebar() -> None:
    """Draw the controls that every page shares: model, text, part of a long text, provider."""
    summaries = {entry.name: entry.summary for entry in catalog.entries()}
    name = select("Model", list(summaries), key="model")
    st.caption(plain.text(summaries[name]))
    segments("Write", _WRITE, key="write")
    _text_area()
    with st.expander("Run on"):
        select("Provider", REQUESTS, key="provider", label_visibility="collapsed")
        with notices.in_place():
            model, report = current_model(), current_model().provider_report
            sha256 = model.file.sha256[:12]
            st.caption(
                f"Runs on {report.actual.upper()}: {plain.text(report.reason)}. The file's sha256 is `{sha256}…`."
            )


def current_model() -> Model:
    """Return the model that the sidebar names. Raises what opening it raises."""
    return services.model(st.session_state["model"], st.session_state["provider"])


def current_tokenization() -> Tokenization:
    """Return the reader's text as tokens of the model's tokenizer. Raises TokenizationError or UnknownTokenId."""
    tokenizer = services.tokenizer(current_model().metadata.tokenizer)
    if is_text():
        return tokenizer.encode(st.session_state["text"])
    token_ids = read_ids(st.session_state["ids"])
    owners.check_ids(st.session_state["ids"], token_ids, tokenizer)
    return tokenizer.tokenization(token_ids)


def is_text() -> bool:
    """Return whether the reader writes text; else token ids are given."""
    return bool(st.session_state["write"] == "text")


def reading() -> Reading:
    """Run the model on the reader's text; end the page, with a word on it, where there is no token yet."""
    found = reading_or_none()
    if found is None:
        say_empty()
        notices.end_page()
    return found


def say_empty() -> None:
    """Say where to write, as there is no token yet."""
    what = (
        "something in the sidebar: an empty text has no tokens"
        if is_text()
        else "token ids in the sidebar, 2, 3, 5 say"
    )
    st.info(f"Write {what}.", icon=":material/edit:")


def reading_or_none() -> Reading | None:
    """Run the model on the reader's text; None where it has no token.

    A text longer than the model's context is read through a window that the reader moves; the page says so.
    """
    model, tokenization = current_model(), current_tokenization()
    n_tokens = len(tokenization.token_ids)
    if n_tokens == 0:
        return None
    start = _window(model, n_tokens)
    stop = min(n_tokens, start + model.metadata.context_length)
    labels = tuple(f"{index} {token_label(tokenization.token_bytes[index])}" for index in range(start, stop))
    layer = model.run(tokenization.token_ids[start:stop])
    chosen = chosen_token(tokenization)
    is_shown = chosen is not None and start <= chosen < stop
    return Reading(
        model, tokenization, start, layer, labels, chosen - start if is_shown and chosen is not None else None
    )


def chosen_token(tokenization: Tokenization) -> int | None:
    """Return the index of the chosen token in the text, if one is chosen (see `owners.carry_place`)."""
    n_tokens = len(tokenization.token_ids)
    raw = links.asked("token")
    if raw is not None and int(raw) < n_tokens:
        st.session_state["token"] = int(raw)
    elif raw is not None:
        notices.link_notice(f"The link asks for token {quoted(raw)}; this text has {_indices(n_tokens)}.")
    elif links.is_back():
        st.session_state["token"] = None
    chosen = st.session_state.setdefault("token", None)
    if chosen is not None:
        cut_by = f"{current_model().metadata.tokenizer} {st.session_state['write']}"
        chosen = st.session_state["token"] = owners.carry_place(chosen, tokenization, cut_by)
    if chosen is not None and chosen >= n_tokens:
        chosen = st.session_state["token"] = None
    links.drawn("token", chosen if _is_in_link() else None)
    return None if chosen is None else int(chosen)


def choose_token(index: int | None) -> None:
    """Choose the token at `index` of the whole text; choosing it again frees it."""
    st.session_state["token"] = None if st.session_state.get("token") == index else index


def select(label: str, options: Any, *, key: str, index: int = 0, **kwargs: Any) -> Any:
    """Draw a select box bound to the URL, with a word where the link asked for no such option."""
    _check_link(key, options)
    chosen = st.selectbox(label, options, index, key=key, bind="query-params", **kwargs)
    links.drawn(key, chosen, options[index])
    return chosen


def segments(label: str, options: Any, *, key: str, **kwargs: Any) -> Any:
    """Draw a row of buttons of which one is chosen, bound to the URL."""
    _check_link(key, options)
    chosen = st.segmented_control(
        label, options, key=key, default=options[0], required=True, bind="query-params", **kwargs
    )
    links.drawn(key, chosen, options[0])
    return chosen


def number(label: str, *, key: str, value: int, smallest: int, largest: int, **kwargs: Any) -> int:
    """Draw a whole number bound to the URL, with a word where the link's is out of range."""
    raw = links.asked(key)
    if raw is not None and not smallest <= int(raw) <= largest:
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}; it must be {smallest:,} to {largest:,}.")
    if key in st.session_state:  # its range may have shrunk since: with a shorter text, say
        within = min(max(st.session_state[key], smallest), largest)
        if within != st.session_state[key]:
            st.session_state[key] = within
    chosen = int(st.number_input(label, smallest, largest, value, key=key, bind="query-params", **kwargs))
    links.drawn(key, chosen, value)
    return chosen


def decimal(label: str, *, key: str, value: float, **kwargs: Any) -> float:
    """Draw a number bound to the URL, of any size: what it is for says what it must be."""
    chosen = float(st.number_input(label, value=value, key=key, bind="query-params", format="%g", **kwargs))
    links.drawn(key, chosen, value)
    return chosen


def slider(label: str, *, key: str, value: float, smallest: float, largest: float, of: str, **kwargs: Any) -> float:
    """Draw a slider over smallest … largest (rounded outward to 1,000 to 10,000 steps), with its number in the URL.

    `of` says what the number belongs to: for something else the slider starts anew, at its own `value`. It is not bound:
    a bound slider whose range changes would take the link's number again, which was of another range.
    """
    digits = 3 - math.floor(math.log10(max(largest - smallest, 1e-12)))
    low, high = _round(smallest, digits, math.floor), _round(largest, digits, math.ceil)
    start, widget, raw = min(max(round(value, digits), low), high), f"{key} of {of}", links.asked(key)
    is_linked = raw is not None and low <= float(raw) <= high
    if raw is not None and not is_linked:
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}; it must be {low:g} to {high:g}.")
    if raw is not None and is_linked:
        st.session_state[widget] = float(raw)
    elif widget not in st.session_state or links.is_back():
        st.session_state[widget] = start
    shape = f"%.{max(digits, 0)}f"
    chosen = float(
        st.slider(label, low, high, step=10.0**-digits, format=shape, key=widget, persist_state="session", **kwargs)
    )
    links.drawn(key, float(shape % chosen), float(shape % start))
    return chosen


def several(label: str, options: Any, *, key: str, default: Any, **kwargs: Any) -> list[Any]:
    """Draw buttons of which any number are chosen, bound to the URL, with a word on each that is not known."""
    for raw in links.all_asked(key):
        if raw and raw not in options:
            notices.link_notice(f"The link asks for {key} = {quoted(raw)}, which is not known here.")
    chosen = list(
        st.pills(label, options, key=key, default=default, selection_mode="multi", bind="query-params", **kwargs)
    )
    links.drawn(key, chosen, list(default))
    return chosen


def toggle(label: str, *, key: str, value: bool, **kwargs: Any) -> bool:
    """Draw a switch bound to the URL."""
    is_on = st.toggle(label, value=value, key=key, bind="query-params", **kwargs)
    links.drawn(key, is_on, value)
    return is_on


def line(label: str, *, key: str, value: str = "", **kwargs: Any) -> str:
    """Draw one line of text bound to the URL."""
    written = st.text_input(label, value, key=key, bind="query-params", max_chars=MAX_LINE, **kwargs)
    links.drawn(key, written, value)
    return written


def _text_area() -> None:
    for key, default in _DEFAULTS.items():  # of both ways to write, for a page may need the other
        linked = links.asked(key)
        if linked is not None or key not in st.session_state:
            st.session_state[key] = default if linked is None else linked
    key = "text" if is_text() else "ids"
    is_own = True
    if key == "ids" and "provider" in st.session_state:
        is_own = owners.carry_ids(lambda: current_model().tokenizer)
    st.text_area(
        "Text" if key == "text" else "Token ids",
        key=key,
        height=130,
        max_chars=MAX_TEXT,
        persist_state="session",
        help="Ctrl + Enter to apply"
        if key == "text"
        else "Whole numbers, parted by commas or spaces; or paste a list or a tensor",
    )
    if _is_in_link():
        links.drawn(key, st.session_state[key] if is_own else _DEFAULTS[key], _DEFAULTS[key])
    else:
        links.drawn(key, None)
        st.caption(f"Over {MAX_LINK_CHARACTERS:,} characters: not part of the link.")


def _is_in_link() -> bool:
    """Say whether what the reader wrote is short enough for the link; where it is not, no place in it is part of one."""
    return len(st.session_state["text" if is_text() else "ids"]) <= MAX_LINK_CHARACTERS


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
    first = number("First token shown", key="first", value=0, smallest=0, largest=last)
    links.drawn("first", first if _is_in_link() else 0, 0)
    return first


def _check_link(key: str, options: Any) -> None:
    """Say so, once, when the link asks for what is not among `options`; Streamlit then takes the default."""
    raw = links.asked(key)
    if raw is not None and raw not in [str(option) for option in options]:
        known = ", ".join(map(str, list(options)[:8]))
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}, which is not known here; there are {known}.")


def _indices(n_tokens: int) -> str:
    return f"tokens 0 to {n_tokens - 1}" if n_tokens else "no token"


def _round(value: float, digits: int, toward: Callable[[float], int]) -> float:
    return round(toward(value * 10.0**digits) / 10.0**digits, digits)
