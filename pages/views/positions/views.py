"""The views of the Positions page by name: one file each, each a `draw` of a Comparison."""

from collections.abc import Callable, Mapping
from typing import Final

from pages.views.positions import added, distance, formulas, origins, rotation, scores, table, word_order
from pages.views.positions.comparison import Comparison

VIEWS: Final[Mapping[str, Callable[[Comparison], None]]] = {
    "What is given": added.draw,
    "Scores": scores.draw,
    "Distance": distance.draw,
    "Rotation": rotation.draw,
    "Word order": word_order.draw,
    "Whole table": table.draw,
    "Formula and code": formulas.draw,
}


def draw(view: str, comparison: Comparison) -> None:
    """Draw a view by its name; under it, say what random parameters mean where it shows any."""
    VIEWS[view](comparison)
    origins.explain(comparison.chosen)
