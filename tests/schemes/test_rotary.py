"""What is said of any rotary scheme: its turns, its waves, and what stretches them."""

import math

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.schemes import Frequencies, Rope, Rotary
from embedcore.schemes.registry import SCHEMES, titles_of
from embedcore.schemes.rope_parameters import SCALINGS, RopeParameters

FREQUENCIES = Frequencies(np.array([1.0, 0.25, 0.01, 0.0]), 1.0)


@pytest.mark.parametrize("pair", range(4))
@pytest.mark.parametrize("place", [0, 1, 7, 1000])
def test_an_angle_is_what_is_left_of_all_turns(pair, place):
    radians = place * [1.0, 0.25, 0.01, 0.0][pair]
    expected = math.degrees(math.atan2(math.sin(radians), math.cos(radians))) % 360
    angle = FREQUENCIES.degrees(pair, place)
    assert 0 <= angle < 360
    assert abs((angle - expected + 180) % 360 - 180) <= 0.0501  # a tenth of a degree is shown


def test_a_pair_that_there_is_not_has_no_angle():
    with pytest.raises(ShapeError, match="pair 4 is outside 0…3"):
        FREQUENCIES.degrees(4, 1)


def test_pairs_that_stand_still_and_pairs_of_long_waves_are_counted():
    assert FREQUENCIES.n_still == 1
    waves = [2 * math.pi, 8 * math.pi, 200 * math.pi, math.inf]
    for length in (1, 7, 26, 10_000):
        assert FREQUENCIES.n_longer(length) == sum(wave > length for wave in waves)


def test_a_scheme_is_stretched_in_every_way_that_has_pairs_enough():
    stretched = Rope(RopeParameters(4, base=500.0)).stretched(64, 4)
    assert list(stretched) == list(SCALINGS)
    assert {rope.parameters.original_length for rope in stretched.values()} == {None, 64}
    for name, rope in stretched.items():
        assert rope.scaling == name
        assert len(rope.frequencies(4, length=128).values) == 2
    # a quarter of two pairs is no pair: the share grows until one turns
    assert stretched["proportional"].frequencies(4, length=128).n_still == 1


def test_a_scheme_tells_how_it_is_stretched_and_for_which_length():
    yarn = Rope(RopeParameters(4, scaling="yarn", original_length=32))
    assert (yarn.scaling, yarn.trained_length) == ("yarn", 32)
    assert (Rope(RopeParameters(4)).scaling, Rope(RopeParameters(4)).trained_length) == ("none", None)


def test_a_rotary_scheme_without_scalings_is_stretched_in_its_own_way_alone():
    class Plain(Rope):
        """A rotary scheme that leaves the defaults as they are."""

        scaling, trained_length, stretched = Rotary.scaling, Rotary.trained_length, Rotary.stretched

    plain = Plain(RopeParameters(4))
    assert plain.stretched(64, 8) == {"none": plain}
    assert plain.trained_length is None


def test_the_schemes_of_a_kind_are_found_by_their_class():
    assert titles_of(Rotary) == (SCHEMES["rope"].title,)
    assert titles_of(object) == tuple(declared.title for declared in SCHEMES.values())
