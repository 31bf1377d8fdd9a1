"""The values of a link: each kind is read as it was written, and what is no value of its kind is refused."""

import pytest

from pages.shared.parameter import Kind, is_possible, value_of, written


@pytest.mark.parametrize(
    ("numbers", "in_link"),
    [((0.1, -2.0, 3e-300), "0.1,-2,3e-300"), ((1.0,), "1"), (tuple(range(16)), ",".join(map(str, range(16))))],
)
def test_a_list_of_numbers_is_read_as_it_was_written(numbers, in_link):
    assert written(Kind.NUMBERS, numbers) == [in_link]
    assert is_possible(Kind.NUMBERS, in_link)
    assert value_of(Kind.NUMBERS, [in_link]) == tuple(map(float, numbers))


@pytest.mark.parametrize(
    "raw", ["", ",", "1,", "1,,2", "1, 2", "nan", "1,inf", "1,1e309", "1;2", "٣", ",".join("1" * 17)]
)
def test_what_is_no_list_of_numbers_is_refused(raw):
    assert not is_possible(Kind.NUMBERS, raw)
