"""The views of the Positions page by name: one file each, each a `draw` of a Comparison."""

from collections.abc import Callable, Mapping
from typing import Final

from pages.views.positions import added, distance, formulas, rotation, scores, table, word_order
from pages.views.positions.scheme_knobs import Comparison

VIEWS: Final[Mapping[str, Callable[[Comparison], None]]] = {
    "What is given": added.draw,
    "Scores": scores.draw,
    "Distance": distance.draw,
    "Rotation": rotation.draw,
    "Word order": word_order.draw,
    "Whole table": table.draw,
    "Formula and code": formulas.draw,
}
