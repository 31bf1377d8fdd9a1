"""What is in sight of a map: the whole of it, or some of its points near."""

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.maps.view import WHOLE_SPACE, around, is_view, window

POINTS = np.random.default_rng(0).integers(-32_767, 32_767, (200, 3))


@pytest.mark.parametrize(
    ("numbers", "n_components", "is_one"),
    [
        ((0, 1, 0, 1), 2, True),
        ((1, 0, 0, 1), 2, False),
        ((0, 1, 0), 2, False),
        (WHOLE_SPACE, 3, True),
        (WHOLE_SPACE, 2, False),
        ((1, 1, 1, 1, 1, 1, 0, 0, 1), 3, False),  # the eye lies in what it looks at
        ((1, 1, 1, 0, 0, 0, 0, 0, 0), 3, False),  # nothing is up
        ((), 3, False),
    ],
)
def test_a_view_is_a_window_or_a_camera(numbers, n_components, is_one):
    assert is_view(tuple(map(float, numbers)), n_components) == is_one


def test_the_window_of_a_whole_map_holds_all_points_with_room():
    flat = POINTS[:, :2]
    x0, x1, y0, y1 = window(flat, np.array([[np.nan, 0], [40_000, 0]]))
    assert x0 < flat[:, 0].min()
    assert x1 > 40_000
    assert y0 < flat[:, 1].min() < flat[:, 1].max() < y1
    with pytest.raises(ShapeError, match="a view of no points is none"):
        window(np.full((2, 2), np.nan))


def test_some_points_are_seen_near_in_the_plane():
    rows = np.array([3, 70, 120])
    x0, x1, y0, y1 = around(POINTS[:, :2], rows)
    some = POINTS[rows, :2]
    assert x0 < some[:, 0].min() < some[:, 0].max() < x1
    assert y0 < some[:, 1].min() < some[:, 1].max() < y1
    assert is_view(around(POINTS[:, :2], rows[:1]), 2)  # one point has room around it


def test_some_points_are_seen_near_in_space():
    view = around(POINTS, np.array([3]))
    assert is_view(view, 3)
    low, high = POINTS.min(axis=0), POINTS.max(axis=0)
    np.testing.assert_allclose(view[3:6], (POINTS[3] - (low + high) / 2) / (high - low), rtol=0, atol=5e-4)
    near = np.linalg.norm(np.subtract(view[:3], view[3:6]))
    assert near < 0.5 * np.linalg.norm(np.subtract(WHOLE_SPACE[:3], WHOLE_SPACE[3:6]))
