"""The widgets that a link can set: each has its name in the address, says what it shows, and names what a link cannot have.

A widget's key, kind and default stand in the table `pages.shared.parameters`; a default that depends on something is
given where the widget is drawn. Streamlit binds most of them to the query parameter of their key.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from embedcore.tokens.labels import quoted
from pages.shared import labels, links, notices
from pages.shared.parameter import MAX_LINE
from pages.shared.parameters import PARAMETERS


def select(label: str, options: Sequence[str], *, key: str, value: str | None = None, **kwargs: Any) -> Any:
    """Draw a select box over `options`, which are ids, each shown by its label; return the chosen id."""
    start = _start(key, options, value)
    if _is_bound(key, options):
        kwargs |= {"index": list(options).index(start), "bind": "query-params"}
    else:
        kwargs |= _shown_by_labels(key, options, start)
    chosen = st.selectbox(label, options, key=key, **kwargs)
    links.shows(key, chosen, start)
    return chosen


def segments(label: str, options: Sequence[str], *, key: str, value: str | None = None, **kwargs: Any) -> Any:
    """Draw a row of buttons over `options`, which are ids, each shown by its label; return the id of the one pressed."""
    start = _start(key, options, value)
    if _is_bound(key, options):
        kwargs |= {"default": start, "bind": "query-params"}
    else:
        kwargs |= _shown_by_labels(key, options, start)
    chosen = st.segmented_control(label, options, key=key, required=True, wrap=True, **kwargs)
    links.shows(key, chosen, start)
    return chosen


def several(label: str, options: Sequence[str], *, key: str, value: Sequence[str], **kwargs: Any) -> list[Any]:
    """Draw buttons over `options`, which are ids, of which any number are pressed; return those, and say which ids are not known."""
    for raw in links.all_requested(key):
        if raw and raw not in options:
            notices.link_notice(f"The link asks for {key} = {quoted(raw)}, which is not known here.")
    if _is_bound(key, options):
        kwargs |= {"default": value, "bind": "query-params"}
    else:
        kwargs |= _shown_by_labels(key, options, list(value))
    chosen = list(st.pills(label, options, key=key, selection_mode="multi", wrap=True, **kwargs))
    links.shows(key, chosen, list(value))
    return chosen


def number(label: str, *, key: str, smallest: int, largest: int, value: int | None = None, **kwargs: Any) -> int:
    """Draw a whole number bound to the URL; say so where the link's number is out of range."""
    raw, start = links.requested(key), _default(key, value)
    if raw is not None and not smallest <= int(raw) <= largest:
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}; it must be {smallest:,} to {largest:,}.")
    if key in st.session_state:  # its range may have shrunk since: with a shorter text, say
        within = min(max(st.session_state[key], smallest), largest)
        if within != st.session_state[key]:
            st.session_state[key] = within
    chosen = int(st.number_input(label, smallest, largest, start, key=key, bind="query-params", **kwargs))
    links.shows(key, chosen, start)
    return chosen


def listed(label: str, options: Sequence[int], *, key: str, **kwargs: Any) -> int:
    """Draw a select box over whole numbers, of which some have a label; the link holds the number."""
    raw, start = links.requested(key), _default(key, None)
    is_linked = raw is not None and int(raw) in options
    if raw is not None and not is_linked:
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}; it must be {options[0]:,} to {options[-1]:,}.")
    if raw is not None and is_linked:
        st.session_state[key] = int(raw)
    elif st.session_state.get(key) not in options or links.is_back():
        st.session_state[key] = start
    chosen = int(
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda number: labels.label(key, str(number)),
            persist_state="session",
            **kwargs,
        )
    )
    links.shows(key, chosen, start)
    return chosen


def decimal(label: str, *, key: str, value: float | None = None, **kwargs: Any) -> float:
    """Draw a number of any size, bound to the URL; what uses the number checks it."""
    start = _default(key, value)
    chosen = float(st.number_input(label, value=start, key=key, bind="query-params", format="%g", **kwargs))
    links.shows(key, chosen, start)
    return chosen


def slider(label: str, *, key: str, value: float, smallest: float, largest: float, of: str, **kwargs: Any) -> float:
    """Draw a slider over smallest … largest (rounded outward to 1,000 to 10,000 steps), with its number in the URL.

    `of` says what the number belongs to: for something else the slider starts anew, at its own `value`. It is not bound:
    a bound slider whose range changes would take the link's number again, which was of another range.
    """
    digits = 3 - math.floor(math.log10(max(largest - smallest, 1e-12)))
    low, high = _round(smallest, digits, math.floor), _round(largest, digits, math.ceil)
    start, widget, raw = min(max(round(value, digits), low), high), f"{key} of {of}", links.requested(key)
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
    links.shows(key, float(shape % chosen), float(shape % start))
    return chosen


def toggle(label: str, *, key: str, value: bool | None = None, **kwargs: Any) -> bool:
    """Draw a switch bound to the URL."""
    start = _default(key, value)
    is_on = st.toggle(label, value=start, key=key, bind="query-params", **kwargs)
    links.shows(key, is_on, start)
    return is_on


def line(label: str, *, key: str, value: str | None = None, **kwargs: Any) -> str:
    """Draw one line of text bound to the URL."""
    start = _default(key, value)
    written = st.text_input(label, start, key=key, bind="query-params", max_chars=MAX_LINE, **kwargs)
    links.shows(key, written, start)
    return written


def _default(key: str, value: Any) -> Any:
    """Return what a widget starts with: `value` where the page gives one, otherwise the default of the table."""
    return PARAMETERS[key].default if value is None else value


def _start(key: str, options: Sequence[str], value: str | None) -> str:
    """Return the option that a choice starts with: the first where its default is not among them, or depends on them.

    Say so, once, when the link asks for what is not among `options`.
    """
    raw = links.requested(key)
    if raw is not None and raw not in options:
        known = ", ".join(options[:8])
        notices.link_notice(f"The link asks for {key} = {quoted(raw)}, which is not known here; there are {known}.")
    start = _default(key, value)
    return str(start if start in options else options[0])


def _is_bound(key: str, options: Sequence[str]) -> bool:
    """Say whether Streamlit may keep a choice in the address by itself.

    WARNING: it writes an option into the address as the reader sees it, so it may where every label is the id itself.
    """
    return all(labels.label(key, option) == option for option in options)


def _shown_by_labels(key: str, options: Sequence[str], start: Any) -> dict[str, Any]:
    """Take what the link asks of a choice, which `links` alone keeps in the address; return how its options are shown."""
    raw = links.all_requested(key)
    if isinstance(start, list):
        linked: Any = [part for part in raw if part in options]
        is_gone = any(part not in options for part in st.session_state.get(key, start))
    else:
        linked = raw[-1] if raw and raw[-1] in options else None
        is_gone = st.session_state.get(key, start) not in options
    if raw and linked is not None:
        st.session_state[key] = linked
    elif key not in st.session_state or is_gone or links.is_back():
        st.session_state[key] = start
    return {"format_func": partial(labels.label, key), "persist_state": "session"}


def _round(value: float, digits: int, toward: Callable[[float], int]) -> float:
    return round(toward(value * 10.0**digits) / 10.0**digits, digits)
