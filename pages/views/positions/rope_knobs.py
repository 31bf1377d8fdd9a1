"""The knobs of rotary positions: base, layout and extension, and of the other numbers those that the extension uses."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from embedcore.errors import ShapeError
from embedcore.schemes import Rope
from embedcore.schemes.rope_parameters import ARGUMENTS, LAYOUTS, SCALINGS, RopeParameters, default, optional
from embedcore.tokens.labels import quoted
from pages.shared import widgets
from pages.views.positions import unused_knobs

_KNOBS_A_ROW: Final = 4
_FAR: Final = 10**6


def draw(n_heads: int, head_dim: int, *, context_length: int) -> Rope:
    """Draw the knobs and return the scheme. Raises ShapeError where a number is out of range."""
    cells = st.columns(4)
    with cells[0]:
        base = widgets.decimal("Base of the rotation", key="rope_base", value=10_000.0)
    with cells[1]:
        layout = widgets.select("Layout of the pairs", LAYOUTS, key="layout")
    with cells[2]:
        rotary_dim = _whole("Dimensions that turn (0: all)", "rotary_dim", 0)
    with cells[3]:
        scaling = widgets.select("Extension", SCALINGS, key="scaling")
    unused_knobs.tell_scaling(scaling)
    used = [name for name in ARGUMENTS[scaling] if name in _DRAWN]
    values: dict[str, Any] = {}
    for row in range(0, len(used), _KNOBS_A_ROW):
        for cell, name in zip(st.columns(_KNOBS_A_ROW), used[row : row + _KNOBS_A_ROW], strict=False):
            with cell:
                own = context_length if name == "original_length" else default(scaling, name)
                value = _DRAWN[name](name, own)
                if name not in optional(scaling) or value != own:  # some of these exclude each other, where given
                    values[name] = value
    scheme = Rope(RopeParameters(n_heads, base=base, layout=layout, scaling=scaling, rotary_dim=rotary_dim, **values))
    scheme.frequencies(head_dim, length=1)  # what is out of range is told here, once
    return scheme


def _decimal(label: str) -> Callable[[str, Any], float]:
    return lambda name, value: widgets.decimal(label, key=f"rope_{name}", value=float(value))


def _numbers(label: str) -> Callable[[str, Any], tuple[float, ...]]:
    def draw_numbers(name: str, value: Any) -> tuple[float, ...]:
        text = widgets.line(label, key=f"rope_{name}", value=", ".join(f"{number:g}" for number in value))
        try:
            return tuple(float(part) for part in text.split(","))
        except ValueError as error:
            msg = f"{label} are {quoted(text)}: write 1 number, or one for each pair, with commas between"
            raise ShapeError(msg) from error

    return draw_numbers


def _whole(label: str, name: str, value: int) -> int:
    return widgets.number(label, key=f"rope_{name}", value=value, smallest=-_FAR, largest=_FAR)


_DRAWN: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "factor": _decimal("Factor"),
    "original_length": lambda name, value: _whole("Trained length", name, value),
    "beta_fast": _decimal("Beta fast (turns)"),
    "beta_slow": _decimal("Beta slow (turns)"),
    "attention_factor": _decimal("Attention factor (0: its own)"),
    "is_truncated": lambda name, value: widgets.toggle("Ramp at whole pairs", key=f"rope_{name}", value=value),
    "mscale": _decimal("mscale"),
    "mscale_all_dim": _decimal("mscale_all_dim"),
    "low_frequency_factor": _decimal("Low frequency factor"),
    "high_frequency_factor": _decimal("High frequency factor"),
    "short_factors": _numbers("Short factors"),
    "long_factors": _numbers("Long factors"),
    "short_mscale": _decimal("Short mscale (0: none)"),
    "long_mscale": _decimal("Long mscale (0: none)"),
    "proportion": _decimal("Share of the pairs that turns"),
}
