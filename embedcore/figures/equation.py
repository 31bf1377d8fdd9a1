"""The signature picture: how token vectors become input vectors, one row for each token, on one color scale."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from embedcore.figures.heat import heat_strips
from embedcore.figures.palette import Style
from embedcore.figures.style import SMALL, svg_text
from embedcore.model.chain import Part

MAX_ROWS: Final = 64
_A_LINE: Final = 8  # characters that a gap between two strips has room for


def equation(
    parts: Sequence[Part], labels: Sequence[str], style: Style, *, chosen: int | None = None, height: int | None = None
) -> go.Figure:
    """Draw the parts of an equation: the first 64 tokens, all dimensions. `labels` name the tokens.

    `height` is in pixels, by default that of the rows. Under an arrow stands what it does.
    """
    strips = [(part.title, part.values[:MAX_ROWS].astype(np.float32)) for part in parts]
    operators = [_sign(part) for part in parts[1:]]
    return heat_strips(strips, labels[:MAX_ROWS], style, operators=operators, chosen=chosen, height=height)


def _sign(part: Part) -> str:
    if not part.words:
        return part.operator
    words = [part.words] if len(part.words) <= _A_LINE else part.words.split(" ")
    lines = "<br>".join(map(svg_text, words))
    return f"{part.operator}<br><span style='font-size:{SMALL}px'>{lines}</span>"
