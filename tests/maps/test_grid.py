"""A map on a raster of 16 bits: half a step off at most, and never outside it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedcore.maps.grid import Grid

FLOATS = st.floats(-1e6, 1e6, width=32)


def assert_half_a_unit(computed, coordinates, grid):
    """Assert that no coordinate is off by more than half a step and the rounding of float32."""
    slack = 2.0**-23 * np.abs(coordinates.astype(np.float64)).max()
    assert np.abs(computed.astype(np.float64) - coordinates).max() <= 0.5 * grid.unit * (1 + 1e-9) + slack


@given(arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=FLOATS))
def test_a_point_comes_back_within_half_a_unit(coordinates):
    grid = Grid.of(coordinates)
    steps = grid.steps(coordinates)
    assert steps.dtype == np.int16
    assert steps.min() >= -32_767
    assert_half_a_unit(grid.coordinates(steps), coordinates, grid)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("size", "offset"), [(1.0, 0.0), (80.0, 3.0), (1e-6, 0.0), (1e6, -1e6)])
def test_many_points_of_any_size(dtype, size, offset):
    coordinates = (np.random.default_rng(0).normal(size=(5_000, 3)) * size + offset).astype(dtype)
    grid = Grid.of(coordinates)
    steps = grid.steps(coordinates)
    assert_half_a_unit(grid.coordinates(steps), coordinates, grid)
    widest = np.ptp(coordinates.astype(np.float64), axis=0).argmax()
    assert (steps[:, widest].min(), steps[:, widest].max()) == (-32_767, 32_767)


def test_the_corners_are_the_first_and_the_last_step():
    grid = Grid.of(np.array([[-2.0, 5.0], [4.0, 6.0]]))
    np.testing.assert_array_equal(grid.origin, [-2, 5])
    assert grid.unit == 6 / 65_534
    np.testing.assert_array_equal(
        grid.steps(np.array([[-2.0, 5], [4, 11], [1, 8]])), [[-32_767] * 2, [32_767] * 2, [0] * 2]
    )
    np.testing.assert_array_equal(
        grid.coordinates(np.array([[-32_767, 0], [32_767, 32_767]], np.int16)), [[-2, 8], [4, 11]]
    )


def test_the_raster_is_square():
    """All axes have the same unit, so that a map is not stretched."""
    coordinates = np.array([[0.0, 0.0], [100.0, 1.0], [0.0, 1.0]])
    steps = Grid.of(coordinates).steps(coordinates)
    np.testing.assert_array_equal(steps, [[-32_767, -32_767], [32_767, -32_112], [-32_767, -32_112]])


@pytest.mark.parametrize("n", [1, 7])
def test_equal_points_and_one_point_lie_where_they_lay(n):
    coordinates = np.tile(np.array([[0.1, -3.0]], np.float32), (n, 1))
    grid = Grid.of(coordinates)
    np.testing.assert_array_equal(grid.steps(coordinates), np.full((n, 2), -32_767))
    np.testing.assert_array_equal(grid.coordinates(grid.steps(coordinates)), coordinates)


def test_points_are_placed_between_steps_and_outside_the_raster():
    grid = Grid.of(np.array([[0.0, 0.0], [65_534.0, 65_534.0]]))
    places = grid.place(np.array([[0.25, 32_767.5], [-10.0, 70_000.0]]))
    assert places.dtype == np.float32
    np.testing.assert_array_equal(places, [[-32_766.75, 0.5], [-32_777, 37_233]])


def test_steps_are_what_is_placed_rounded():
    coordinates = np.random.default_rng(1).normal(size=(1_000, 2)).astype(np.float32)
    grid = Grid.of(coordinates)
    assert np.abs(grid.place(coordinates) - grid.steps(coordinates)).max() <= 0.5 + 2.0**-9  # float32 of 32,767
