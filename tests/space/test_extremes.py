"""The ends of many numbers, each against the obvious twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from embedcore.space.extremes import largest_size, lowest_and_highest

SOME = st.lists(
    arrays.arrays(np.float32, st.integers(1, 5), elements=st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=3
)


@given(SOME)
def test_the_ends_are_those_of_all_numbers_together(found):
    numbers = [number for array in found for number in array.tolist()]
    assert lowest_and_highest(*found) == (min(numbers), max(numbers))
    assert largest_size(*found) == (max(abs(number) for number in numbers) or 1.0)


@pytest.mark.parametrize("found", [[], [np.zeros(3)], [np.zeros((2, 2)), np.zeros(1)]], ids=len)
def test_a_scale_of_nothing_or_of_zeros_reaches_to_one(found):
    assert largest_size(*found) == 1.0
