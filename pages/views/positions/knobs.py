"""The knobs of a positional scheme as its own file declares them: a widget each, and the scheme that they set."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from embedcore.errors import ShapeError
from embedcore.schemes import Scheme
from embedcore.schemes.declaration import CONTEXT_LENGTH, Declaration, Knob, Place
from embedcore.tokens.labels import quoted
from pages.shared import widgets
from pages.views.positions import unused_knobs

_KNOBS_A_ROW: Final = 4


def draw(declared: Declaration, place: Place, *, seed: int) -> Scheme:
    """Draw the knobs and return the scheme that they set. Raises ShapeError where a value is out of range."""
    values = _row([knob for knob in declared.knobs if not knob.defaults], place, "")
    chosen = str(values.get(declared.chooser, ""))
    unused_knobs.tell_not_chosen(declared, chosen)
    used = [knob for knob in declared.knobs if chosen in knob.defaults]
    for start in range(0, len(used), _KNOBS_A_ROW):
        values |= _row(used[start : start + _KNOBS_A_ROW], place, chosen, n_cells=_KNOBS_A_ROW)
    return declared.of_knobs(values, place, seed=seed)


def _row(knobs: Sequence[Knob], place: Place, chosen: str, *, n_cells: int = 0) -> dict[str, Any]:
    """Draw knobs side by side, with room for `n_cells`, and return what the scheme is given, by the scheme's names."""
    widths = [knob.width for knob in knobs] + [1.0] * (n_cells - len(knobs))
    values = {}
    for cell, knob in zip(st.columns(widths, vertical_alignment="bottom") if knobs else (), knobs, strict=False):
        default = knob.defaults.get(chosen, knob.default)
        default = place.context_length if default == CONTEXT_LENGTH else default
        with cell:
            value = _widget(knob, default)
        if chosen not in knob.optional_with or value != default:  # some of these exclude each other, where given
            values[knob.name] = value
    return values


def _widget(knob: Knob, default: Any) -> Any:
    if knob.kind == "whole":
        return widgets.number(knob.label, key=knob.key, value=default, smallest=knob.smallest, largest=knob.largest)
    if knob.kind == "decimal":
        return widgets.decimal(knob.label, key=knob.key, value=float(default))
    if knob.kind == "switch":
        return knob.meanings[widgets.toggle(knob.label, key=knob.key, value=default)]
    if knob.kind == "choice":
        return widgets.select(knob.label, knob.choices, key=knob.key, value=default)
    return _numbers(knob, default)


def _numbers(knob: Knob, default: Sequence[float]) -> tuple[float, ...]:
    text = widgets.line(knob.label, key=knob.key, value=", ".join(f"{number:g}" for number in default))
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"{knob.label} are {quoted(text)}: write 1 number, or one for each pair, with commas between"
        raise ShapeError(msg) from error
