"""The signature picture: how token vectors become input vectors, one row for each token.

One color scale serves all strips, unless a step between them, such as a layer norm, makes the numbers so much larger or
smaller that those before it would be blank: then they have a scale of their own.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from embedcore.figures.color_scale import signed_range
from embedcore.figures.heat import heat_strips
from embedcore.figures.palette import Style
from embedcore.figures.style import SMALL, svg_text
from embedcore.model.chain import Part

MAX_ROWS: Final = 64
_TOO_FAR: Final = 3.0  # how many times another scale may end farther out before those of smaller numbers look blank
_A_LINE: Final = 8  # characters that a gap between two strips has room for


def equation(
    parts: Sequence[Part], labels: Sequence[str], style: Style, *, chosen: int | None = None, height: int | None = None
) -> go.Figure:
    """Draw the parts of an equation: the first 64 tokens, all dimensions. `labels` name the tokens.

    `height` is in pixels, by default that of the rows. Under an arrow stands what it does.
    """
    strips = [(part.title, part.values[:MAX_ROWS].astype(np.float32)) for part in parts]
    operators = [_sign(part) for part in parts[1:]]
    return heat_strips(
        strips,
        labels[:MAX_ROWS],
        style,
        operators=operators,
        chosen=chosen,
        height=height,
        n_apart=n_before(parts),
    )


def n_before(parts: Sequence[Part]) -> int:
    """Return how many of the first parts have a color scale of their own: those before the arrow that changes most.

    0 where one scale serves all: no arrow makes the numbers after it three times larger or smaller. What is added or
    equal is always on one scale.
    """
    limits = {
        place: [
            signed_range(*(part.values[:MAX_ROWS] for part in some)).limit for some in (parts[:place], parts[place:])
        ]
        for place, part in enumerate(parts)
        if place and part.operator == "→"
    }
    changes = {place: max(pair) / min(pair) for place, pair in limits.items()}
    return max((place for place in changes if changes[place] >= _TOO_FAR), key=changes.__getitem__, default=0)


def _sign(part: Part) -> str:
    if not part.words:
        return part.operator
    words = [part.words] if len(part.words) <= _A_LINE else part.words.split(" ")
    lines = "<br>".join(map(svg_text, words))
    return f"{part.operator}<br><span style='font-size:{SMALL}px'>{lines}</span>"
