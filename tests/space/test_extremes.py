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
def test_the_ends_are_those_of_all_numbers_together(arrays_of_numbers):
    numbers = [number for array in arrays_of_numbers for number in array.tolist()]
    assert lowest_and_highest(*arrays_of_numbers) == (min(numbers), max(numbers))
    assert largest_size(*arrays_of_numbers) == (max(abs(number) for number in numbers) or 1.0)


@pytest.mark.parametrize("arrays_of_numbers", [[], [np.zeros(3)], [np.zeros((2, 2)), np.zeros(1)]], ids=len)
def test_a_scale_of_nothing_or_of_zeros_reaches_to_one(arrays_of_numbers):
    assert largest_size(*arrays_of_numbers) == 1.0
