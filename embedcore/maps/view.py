"""The part of a map that is in view: a window of a flat map, a camera in space; around the whole map, or some points.

Lengths are steps of the map's grid, whose points lie at −32,767 … 32,767 along the widest axis.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64, Real

from embedcore.errors import ShapeError

# A window: lowest x, highest x, lowest y, highest y. A camera: the x, y, z of the eye, of what it looks at, of up; in
# scenes, whose middle is 0 and whose edges are 1 long.
View = tuple[float, ...]
WINDOW: Final = 4
CAMERA: Final = 9
_MARGIN: Final = 0.04  # of the larger side, on each side
_LEAST: Final = 2_000.0  # the least side of a window, in steps: about 1/30 of a map
_EYE: Final = (1.25, 1.25, 0.77)
_NEAR: Final = 0.3  # how much nearer the eye comes to look at some points
_UP: Final = (0.0, 0.0, 1.0)
WHOLE_SPACE: Final[View] = (*_EYE, 0.0, 0.0, -0.1, *_UP)
WITHOUT_AXES: Final[View] = (0.95, 0.95, 0.58, 0.0, 0.0, 0.0, *_UP)  # the whole of a map in space that has no axes


def is_view(numbers: Sequence[float], n_components: int) -> bool:
    """Say whether `numbers` are a view of a map of 2 or 3 components: a window that is not empty, or a camera.

    >>> is_view((0.0, 1.0, 0.0, 1.0), 2), is_view((0.0, 1.0, 0.0, 0.0), 2), is_view((0.0, 1.0, 0.0, 1.0), 3)
    (True, False, False)
    """
    if n_components == 2:
        return len(numbers) == WINDOW and numbers[0] < numbers[1] and numbers[2] < numbers[3]
    return len(numbers) == CAMERA and numbers[:3] != numbers[3:6] and any(numbers[6:])


def window(*parts: Real[np.ndarray, "_ 2"]) -> View:
    """Return the window that shows all points of a flat map, with some room around them.

    Raises ShapeError where there is no point.
    """
    points = _finite(parts)
    low, high = points.min(axis=0), points.max(axis=0)
    room = max(_MARGIN * float((high - low).max()), 1.0)
    return (float(low[0] - room), float(high[0] + room), float(low[1] - room), float(high[1] + room))


def around(points: Real[np.ndarray, "n n_components"], rows: Int64[np.ndarray, " m"]) -> View:
    """Return the view of a map that shows the points of `rows`, m ≥ 1, near: a window of a flat map, else a camera.

    >>> around(np.array([[0, 0], [10_000, 0], [30_000, 30_000]]), np.array([0, 1]))
    (-1200.0, 11200.0, -2200.0, 2200.0)
    """
    some = _finite([points[rows]])
    middle = (some.min(axis=0) + some.max(axis=0)) / 2
    if points.shape[1] == 2:
        sides = np.maximum(some.max(axis=0) - some.min(axis=0), _LEAST) / 2
        room = 0.12 * sides.max() * 2
        (left, bottom), (right, top) = middle - sides - room, middle + sides + room
        return tuple(float(round(end)) for end in (left, right, bottom, top))
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    target = (middle - (low + high) / 2) / np.maximum(high - low, 1e-30)
    eye = target + _NEAR * np.array(_EYE)
    return tuple(round(float(number), 3) for number in (*eye, *target, *_UP))


def _finite(parts: Sequence[np.ndarray]) -> Float64[np.ndarray, "n n_components"]:
    points = np.concatenate([part.astype(np.float64) for part in parts])
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        msg = "a view of no points is none: give one point or more"
        raise ShapeError(msg)
    return points
