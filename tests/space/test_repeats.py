"""Tokens that stand in a text more than once, against counting by hand."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedcore.space.repeats import largest_difference, repeats


@given(st.lists(st.integers(0, 6), max_size=20))
def test_every_id_that_stands_twice_has_its_places(ids):
    places = repeats(np.array(ids, np.int64))
    assert {token_id: len(at) for token_id, at in places.items()} == {
        token_id: n for token_id, n in Counter(ids).items() if n > 1
    }
    for token_id, at in places.items():
        assert [index for index, other in enumerate(ids) if other == token_id] == at.tolist()
    assert list(places) == sorted(places)


def test_the_largest_difference_is_that_of_any_row_from_the_first():
    rows = np.array([[1.0, -2.0], [1.0, -2.0], [0.5, -2.25]])
    assert largest_difference(rows[:2]) == 0.0
    assert largest_difference(rows) == 0.5
