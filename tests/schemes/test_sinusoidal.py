import math

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.schemes import sinusoidal


@pytest.mark.parametrize(("n", "d", "base"), [(1, 2, 1e4), (7, 4, 1e4), (33, 64, 100.0), (1025, 6, 5e5)])
def test_sinusoidal_against_the_paper_loop_by_loop(n, d, base):
    computed = sinusoidal(n, d, base=base)
    assert computed.shape == (n, d)
    for p in range(0, n, max(1, n // 20)):
        for i in range(d // 2):
            angle = p / base ** (2 * i / d)
            assert computed[p, 2 * i] == pytest.approx(math.sin(angle), abs=1e-7)
            assert computed[p, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-7)


def test_a_shift_is_one_linear_map_for_every_position():
    waves = sinusoidal(200, 8).astype(np.float64)
    shift = np.linalg.lstsq(waves[:100], waves[5:105], rcond=None)[0]
    np.testing.assert_allclose(waves[90:190] @ shift, waves[95:195], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("n", "d", "base", "words"),
    [(0, 4, 1e4, "n_positions is 0, but must be 1"), (3, 5, 1e4, "d_model is 5.*6"), (3, 0, 1e4, "d_model is 0"), (3, 4, 0.0, "base is 0"),
     (3, 4, -1.0, "base is -1"), (3, 4, math.nan, "base is nan"), (3, 4, math.inf, "base is inf")],
)  # fmt: skip
def test_bad_parameters_are_named(n, d, base, words):
    with pytest.raises(ShapeError, match=words):
        sinusoidal(n, d, base=base)
