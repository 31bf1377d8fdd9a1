"""Places between whole ones: position interpolation by hand, where the scheme is defined there, against the formula in float64."""

import math

import numpy as np
import pytest

from embedcore.schemes import Alibi, Heads, Rope, Sinusoidal, Tokens
from embedcore.schemes.rope_parameters import PAIR_LAYOUTS, RopeParameters
from embedcore.schemes.sinusoidal import sinusoidal_at

D_MODEL, N_HEADS = 12, 3
VECTORS = np.random.default_rng(5).standard_normal((7, D_MODEL)).astype(np.float32)
PLACES = {
    "quarters": [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5],
    "negative ones": [-2.5, -1.75, -0.125, 0, 0.3, 1e-9, -7.7],
    "far ones": [1000.5, 1e6 + 0.25, 0.1, 123456.789, 2.5, -1e6 - 0.5, 3],
}
AT_PLACES = pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)


@AT_PLACES
def test_sinusoidal_waves_between_places(places):
    waves = sinusoidal_at(places, D_MODEL, base=1e4)
    expected = [
        [(math.cos if i % 2 else math.sin)(p / 1e4 ** ((i - i % 2) / D_MODEL)) for i in range(D_MODEL)] for p in places
    ]
    np.testing.assert_allclose(waves, expected, rtol=0, atol=2e-7)
    np.testing.assert_array_equal(Sinusoidal().added(np.array(places), D_MODEL), waves)


@AT_PLACES
@pytest.mark.parametrize("layout", PAIR_LAYOUTS)
def test_rotary_waves_between_places(places, layout):
    cos, sin = Rope(RopeParameters(N_HEADS, base=500.0, layout=layout)).waves(places, 4)
    pair = [0, 0, 1, 1] if layout == "interleaved" else [0, 1, 0, 1]
    angles = np.array([[p * 500.0 ** (-2 * i / 4) for i in pair] for p in places])
    np.testing.assert_allclose(cos, np.cos(angles), rtol=0, atol=2e-7)
    np.testing.assert_allclose(sin, np.sin(angles), rtol=0, atol=2e-7)


@AT_PLACES
def test_alibis_line_between_places(places):
    tokens, heads = Tokens(VECTORS, places), Heads(N_HEADS)
    slopes = [2**-4, 2**-8, 2**-2]  # two heads', and the first of four heads'
    expected = [[[-slope * abs(i - j) for j in places] for i in places] for slope in slopes]
    bias = Alibi().attend(tokens, tokens, heads).terms["bias"]
    np.testing.assert_allclose(bias, expected, rtol=2e-7, atol=1e-12)
    assert not np.signbit(bias[:, range(7), range(7)]).any()  # 0, and no −0


def test_interpolation_by_hand_is_that_of_linear_scaling():
    """Chen et al. 2023: every position divided by the factor is every frequency divided by it."""
    heads, places = Heads(N_HEADS), np.array([0, 1, 2, 5, 9, 33, 100])
    by_hand, whole = Tokens(VECTORS, places / 8), Tokens(VECTORS, places)
    np.testing.assert_allclose(
        Rope(RopeParameters(N_HEADS)).attend(by_hand, by_hand, heads).scores,
        Rope(RopeParameters(N_HEADS, scaling="linear", factor=8.0)).attend(whole, whole, heads).scores,
        rtol=0,
        atol=1e-5,
    )


@pytest.mark.parametrize(("last", "length"), [(4.0, 5), (4.5, 5), (4.999, 5), (5.0, 6)])
def test_dynamic_counts_a_place_between_whole_ones_as_the_one_below(last, length):
    rope = Rope(RopeParameters(N_HEADS, scaling="dynamic", original_length=2))
    cos, _ = rope.waves([0.0, last], 4)
    theta = rope.frequencies(4, length=length).values
    np.testing.assert_allclose(cos[1], np.cos(last * np.concatenate((theta, theta))), rtol=0, atol=2e-7)
