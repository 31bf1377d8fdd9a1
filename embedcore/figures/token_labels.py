"""The labels of a text's tokens beside a picture: the word, and a square of its chip's hue.

A label is the token's position in the text and its word, "3 ␣like" or "1 ␣cat untrained"; a label without a position is
written as it is.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from embedcore.figures.palette import UNTRAINED, Style
from embedcore.figures.style import LARGE, svg_text

LONGEST: Final = 18  # characters; the whole word shows on hover
_LINE: Final = 15  # px that a label needs


def position_of(label: str) -> int | None:
    """Return the position in a label, None where it has none.

    >>> position_of("3 ␣like"), position_of("1351")
    (3, None)
    """
    position, space, _ = label.partition(" ")
    return int(position) if space and position.isdecimal() else None


def word_of(label: str) -> str:
    """Return the word of a label, without its position.

    >>> word_of("3 ␣like"), word_of("1351")
    ('␣like', '1351')
    """
    return label if position_of(label) is None else label.partition(" ")[2]


def hue_of(label: str, style: Style) -> str:
    """Return the hue of a token's label; of one without a position, the color of text."""
    position = position_of(label)
    return style.text if position is None else style.token(position)


def row_label(label: str, style: Style) -> str:
    """Return a label as a flat chart writes it at an axis: the word, cut after 18 characters, and its square.

    Where training never touched the row, the label ends with " untrained", which stays; the square is an open one.
    """
    word = word_of(label)
    bare = word.removesuffix(f" {UNTRAINED}")
    mark, square = word.removeprefix(bare), "■" if bare == word else "□"
    longest = LONGEST - len(mark)
    written = svg_text((bare if len(bare) <= longest else bare[: longest - 1] + "…") + mark)
    if position_of(label) is None:
        return written
    return f"{written} <span style='color:{hue_of(label, style)}'>{square}</span>"


def token_axis(labels: Sequence[str], style: Style, *, room: int, chosen: int | None = None) -> dict[str, Any]:
    """Return plotly's axis for rows that are named by `labels`, in `room` pixels: as many labels as it holds.

    WARNING: labels are the axis' categories, so that hover says them whole; what is written at it is their row label.
    """
    step = max(1, math.ceil(_LINE * len(labels) / room))
    shown = [index for index in range(len(labels)) if index % step == 0 or index == chosen]
    if chosen is not None:  # its neighbors would overprint it
        shown = [index for index in shown if index == chosen or abs(index - chosen) >= step]
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": [row_label(labels[index], style) for index in shown],
        "tickfont": {"size": LARGE},
        "showgrid": False,
        "zeroline": False,
    }
