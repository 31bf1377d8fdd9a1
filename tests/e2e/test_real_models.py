"""What the real models know, asked as a reader asks it: a sum of words, and a word's nearest rows."""

import pytest

from tests.e2e.reader import says, shoot

pytestmark = pytest.mark.e2e
BUTTONS = ".ranked button"


def names(page, n):
    """Return how the first `n` rows of the list name themselves: "1, ␣queen, id 15731, cosine 0.7158"."""
    page.locator(BUTTONS).nth(n - 1).wait_for()
    return page.locator(BUTTONS).evaluate_all(
        "(rows, n) => rows.slice(0, n).map(row => row.getAttribute('aria-label'))", n
    )


def test_king_minus_man_plus_woman_is_queen(open_page):
    page = open_page("/neighbors?model=smollm2-135m")
    page.get_by_role("radio", name="an expression").click()
    line = page.get_by_role("textbox", name="Expression")
    line.fill(" king - man + woman")
    line.press("Enter")
    page.locator(f'{BUTTONS}[aria-label^="1, ␣queen, id 15731, cosine 0.7158"]').wait_for()
    first = [name.split(", ")[1] for name in names(page, 4)]
    assert first == [
        "␣queen",
        "␣Queen",
        "␣princess",
        "Queen",
    ]  # the expression's own words are left out: ␣king is second
    shoot(page, "neighbors-queen")


def test_queen_is_among_the_rows_nearest_to_king_in_a_sentence_encoder(open_page):
    page = open_page("/neighbors?model=minilm-l6&id=2332")
    says(page, "Nearest to king (2332)")
    assert [name.split(", ")[1] for name in names(page, 3)] == ["kings", "queen", "monarch"]
