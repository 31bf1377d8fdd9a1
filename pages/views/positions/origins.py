"""Where a scheme's parameters come from, in one mark for every card, number, table and text about a picture."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import streamlit as st

from embedcore.schemes import Strip
from embedcore.schemes.origin import Origin
from pages.shared import plain
from pages.views.positions.comparison import Chosen

# How a badge looks: its icon and its color.
_LOOKS: Final[Mapping[Origin, tuple[str, Any]]] = {
    "file": (":material/draft:", "gray"),
    "formula": (":material/function:", "gray"),
    "random": (":material/shuffle:", "orange"),
}
FIXED: Final = "fixed by the formula"
MEANING: Final = (
    "**Random parameters:** the opened file has no trained values for them, so they are drawn from a normal distribution with mean "
    "0 and variance 1. Shapes and patterns that follow from the formula are real, but these values, and every number that is "
    "computed from them, are not properties of the scheme."
)


def origin(chosen: Chosen) -> Origin:
    """Return where the scheme's trained parameters come from."""
    return chosen.declared.origin(is_of_model=chosen.model is not None)


def mark(chosen: Chosen) -> str:
    """Return the mark as plain text, "random parameters, seed 123" say."""
    seed = f"seed {getattr(chosen.scheme, 'seed', 0)}"
    if origin(chosen) == "random":
        return f"random parameters, {seed}"
    if origin(chosen) == "formula":
        return FIXED + ("" if chosen.model is None else f", settings from {chosen.model}")
    rest = chosen.declared.never_in_a_file
    return f"from {chosen.model}" + (f", but {rest} random, {seed}" if rest else "")


def marked(chosen: Chosen) -> str:
    """Return the scheme's title and its mark, as plain text."""
    return f"{chosen.title} ({mark(chosen)})"


def title_of(strip: Strip, chosen: Chosen) -> str:
    """Return the title of a strip of numbers, which says where they are random."""
    return f"{strip.title} (random)" if (strip.origin or origin(chosen)) == "random" else strip.title


def mark_of(strips: Iterable[Strip], chosen: Chosen) -> str:
    """Return the mark of strips of numbers: that of the scheme, unless all of them are fixed by its formula."""
    return FIXED if all(strip.origin == "formula" for strip in strips) else mark(chosen)


def columns(table: Mapping[str, Any], chosen: Chosen) -> dict[str, Any]:
    """Return a table with the mark in every row, in a column after the first."""
    (first, labels), *others = table.items()
    return {first: labels, "parameters": [mark(chosen)] * len(labels), **dict(others)}


def badge(chosen: Chosen) -> None:
    """Draw the mark, as it stands at the title of every card."""
    icon, color = _LOOKS[origin(chosen)]
    st.badge(plain.text(mark(chosen)), icon=icon, color=color)


def explain(schemes: Iterable[Chosen]) -> None:
    """Say once what random parameters mean, where a scheme has any."""
    if any(has_random(chosen) for chosen in schemes):
        st.caption(MEANING)


def has_random(chosen: Chosen) -> bool:
    """Say whether any number of the scheme is random, those included that no model's file holds."""
    return origin(chosen) == "random" or bool(chosen.declared.never_in_a_file)
