"""The Tokens page in a browser: what is searched stands above a long text, and pieces of one character touch."""

from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.e2e
GAPS = """chips => chips.slice(1, 5).map((chip, i) => [chip.classList.contains('joined'),
  Math.round(chip.getBoundingClientRect().left - chips[i].getBoundingClientRect().right)])"""


def test_the_search_is_reached_at_once_and_pieces_touch(open_page):
    page = open_page("/tokens?" + urlencode({"text": "a 🙃 " + "list tuple " * 300, "query": " list"}))
    assert page.get_by_label("Search the vocabulary", exact=True).bounding_box()["y"] < 300
    table = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert table["y"] < 400
    chips = page.locator(".st-key-tokens_chips .chip")
    chips.nth(4).wait_for()
    assert chips.evaluate_all(GAPS) == [[False, 4], [True, 0], [True, 0], [False, 4]]
