"""Where words stand beside points so that none covers another, a point, or the edge of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float64

from embedcore.figures.style import SMALL

_AWAY: Final = 7  # px from a point's middle to its word
_LETTER: Final = 0.56  # of the type's size: how wide a letter is, about
_LINE: Final = 1.25  # of the type's size: how high a word is
# Right, left, above, below, then the corners: how many widths and heights a word's box begins beside its point.
_SIDES: Final = (
    (0.0, -0.5),
    (-1.0, -0.5),
    (-0.5, -1.0),
    (-0.5, 0.0),
    (0.0, -1.0),
    (0.0, 0.0),
    (-1.0, -1.0),
    (-1.0, 0.0),
)
_X_ANCHOR: Final = {0: "left", -0.5: "center", -1: "right"}
_Y_ANCHOR: Final = {0: "top", -0.5: "middle", -1: "bottom"}


@dataclass(frozen=True, slots=True)
class Room:
    """A picture's room: its width and height in pixels, and the values at its edges."""

    size: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]

    def pixels(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Return where points lie, in pixels from the upper left corner."""
        low, high = np.array([self.x[0], self.y[1]]), np.array([self.x[1], self.y[0]])
        return (points - low) / (high - low) * self.size


def label_places(
    words: Sequence[str],
    anchors: Float64[np.ndarray, "n 2"],
    obstacles: Float64[np.ndarray, "m 2"],
    room: Room,
    *,
    first: int | None = None,
) -> list[dict[str, Any] | None]:
    """Return how each word stands at its point, as an annotation's anchors and shifts; None where there is no room.

    `anchors` are the points that the words name, `obstacles` all points that no word may cover, both in values. `first`
    gets its place before all others, and has one always.
    """
    points, solid = room.pixels(anchors), room.pixels(obstacles)
    taken = np.column_stack((solid - 4, solid + 4))
    chosen: dict[int, dict[str, Any]] = {}
    for index in sorted(range(len(words)), key=lambda index: index != first):
        size = np.array([max(len(words[index]), 1) * SMALL * _LETTER + 2, SMALL * _LINE])
        for side in _SIDES:
            corner = points[index] + np.array(side) * size + _AWAY * (2 * np.array(side) + 1)
            box = np.concatenate((corner, corner + size))
            is_inside = (box[:2] >= 0).all() and (box[2:] <= room.size).all()
            if is_inside and not _overlaps(box, taken):
                taken = np.vstack((taken, box))
                chosen[index] = _anchored(side)
                break
        else:
            if index == first:
                chosen[index] = _anchored(_SIDES[0])
    return [chosen.get(index) for index in range(len(words))]


def _overlaps(box: Float64[np.ndarray, " 4"], taken: Float64[np.ndarray, "n 4"]) -> bool:
    return bool(((box[:2] < taken[:, 2:]) & (taken[:, :2] < box[2:])).all(axis=1).any())


def _anchored(side: tuple[float, float]) -> dict[str, Any]:
    x, y = side
    return {
        "xanchor": _X_ANCHOR[x],
        "yanchor": _Y_ANCHOR[y],
        "xshift": _AWAY * (2 * x + 1),
        "yshift": -_AWAY * (2 * y + 1),
    }
