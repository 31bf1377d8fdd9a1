"""The widgets that a link can set: each has its name in the address, says what it shows, and names what a link cannot have.

Streamlit binds them to the query parameter of their own key, so a link gives every viewer the same state.
"""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from embedcore.tokens.labels import quoted
from pages.shared import links, notices
from pages.shared.parameters import MAX_LINE


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


def _check_link(key: str, options: Any) -> None:
    """Say so, once, when the link asks for what is not among `options`; Streamlit then takes the default."""
    raw = links.asked(key)
    if raw is not None and raw not in [str(option) for option in options]:
        known = ", ".join(map(str, list(options)[:8]))
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}, which is not known here; there are {known}.")


def _round(value: float, digits: int, toward: Callable[[float], int]) -> float:
    return round(toward(value * 10.0**digits) / 10.0**digits, digits)
