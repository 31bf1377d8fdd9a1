"""The seeded points of the overlay's test page."""

import numpy as np

MARKUP = 37922  # " <!--"
PART = [1351, 46545, 262, 27, 50256]


def points(seed: int, n_points: int, dimensions: int) -> np.ndarray:
    """Steps of 16 bits: 40 clouds, and the few rows that the tests look for far outside of them."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(14_000, 52_000, (40, dimensions))
    cloud = centers[rng.integers(40, size=n_points)] + rng.normal(0, 1_600, (n_points, dimensions))
    cloud = np.clip(cloud, 4_000, 62_000)
    for row, place in ((1351, 2_000), (MARKUP, 63_000)):
        if row < n_points:
            cloud[row] = place
    cloud[0], cloud[1] = 0, 65_535
    return np.rint(cloud).astype(np.uint16)
