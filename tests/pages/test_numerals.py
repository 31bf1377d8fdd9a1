"""Numbers in sentences: nouns and verbs that fit, shares that say none and all of none and all alone, no minus zero."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.numerals import count, decimal, first_drawn, fixed, share, verb


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 batches"), (1, "1 batch"), (2, "2 batches"), (1000, "1,000 batches"), (-1, "-1 batches")]
)
def test_a_count_takes_its_noun(n, said):
    assert count(n, "batch", "batches") == said
    assert count(n, "row") == said.replace("batches", "rows").replace("batch", "row")
    assert verb(n, "is", "are") == ("is" if n == 1 else "are")


@given(st.floats(0, 1), st.integers(0, 2))
def test_a_share_is_none_or_all_only_where_it_is(part, digits):
    said = share(part, digits)
    zero, one = f"{0:.{digits}%}", f"{1:.{digits}%}"
    assert (said == zero) == (part == 0)
    assert (said == one) == (part == 1)
    number = float(said.removeprefix("under ").removeprefix("over ").removesuffix("%")) / 100
    if said.startswith("under "):
        assert part < number
    elif said.startswith("over "):
        assert part > number - 1e-12
    else:
        assert abs(number - part) <= 0.5001 * 10.0 ** -(digits + 2)


@pytest.mark.parametrize(
    ("part", "said"),
    [(math.nan, "an undefined share"), (math.inf, "an undefined share"), (-0.05, "−5%"), (-1e-9, "between −1% and 0%"), (1.2, "120%"), (-0.0, "0%")],
)  # fmt: skip
def test_shares_outside_are_told_as_such(part, said):
    assert share(part) == said


@given(st.floats())
def test_a_number_never_shows_as_zero_that_is_none(value):
    said = decimal(value)
    assert said not in ("-0.0000", "nan", "inf", "-inf")
    if math.isfinite(value):
        assert (float(said) == 0) == (value == 0)
        assert fixed(value) != "-0.0000"
        assert abs(float(fixed(value)) - value) <= 0.5001e-4 + 1e-12 * abs(value)


def test_what_is_left_out_is_said():
    assert first_drawn(48, 48) == ""
    assert first_drawn(48, 2000) == " The first 48 of 2,000 tokens are drawn; the table holds them all."
