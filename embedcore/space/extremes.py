"""The ends of many numbers: the lowest, the highest, and the largest without its sign."""

import numpy as np


def lowest_and_highest(*arrays: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest number of all arrays, which hold at least one.

    >>> lowest_and_highest(np.array([2.0, -3.0]), np.array([[1.0]]))
    (-3.0, 2.0)
    """
    return min(float(array.min()) for array in arrays), max(float(array.max()) for array in arrays)


def largest_size(*arrays: np.ndarray) -> float:
    """Return how far the number that is farthest from 0 lies from it; 1 where all are 0, so that a scale has two ends.

    >>> largest_size(np.array([2.0, -3.0]))
    3.0
    """
    return max((float(np.abs(array).max()) for array in arrays), default=0.0) or 1.0
