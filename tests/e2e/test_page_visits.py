"""Two visits to each page, on a wide and on a narrow screen: what moves, what axe-core finds, what a dark evening does.

One visit of a page serves every check that needs no more than the page as it opens.
"""

import pytest

from embedcore.figures.palette import Style
from pages.shared.page_list import LISTED, window_title
from tests.e2e.accessibility import findings
from tests.e2e.chart_colors import READABLE, least_contrast, wait_until_drawn_for, wait_until_themed
from tests.e2e.conftest import settle
from tests.e2e.layout_shift import RECORD, shifts
from tests.e2e.options import hidden_options
from tests.e2e.reader import shoot

pytestmark = pytest.mark.e2e
MOST_SHIFT = 0.1
IDLE_MS = 3000
ADDRESSES = [page.address for page in LISTED]
TITLES = {page.address: window_title(page.title, "pydoc-gpt") for page in LISTED}


def moved(page):
    """Return what moved on the page since it was opened, where that is more than a reader should see."""
    total, parts = shifts(page)
    return [f"{total:.3f} in all", *parts] if total > MOST_SHIFT else []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_visit_on_a_wide_screen_and_into_the_evening(open_page, address):
    page = open_page(f"/{address}", width=1400, script=RECORD)
    page.wait_for_timeout(IDLE_MS)
    seen = {"moved": moved(page), "axe, light": findings(page)}
    assert page.title() == TITLES[address]
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        wait_until_themed(page, scheme)
        assert least_contrast(page) >= READABLE, "the words of charts wait for no run"
        wait_until_drawn_for(page, Style(scheme).text)
        settle(page)
        assert least_contrast(page) >= READABLE
        if scheme == "dark":
            seen["axe, dark"] = findings(page)
    assert {check: found for check, found in seen.items() if found} == {}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_visit_on_a_phone_and_on_every_width(open_page, address):
    page = open_page(f"/{address}", width=390, script=RECORD)
    page.wait_for_timeout(IDLE_MS)
    seen = {"moved": moved(page), "axe": findings(page)}
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= 390
    shoot(page, f"{address or 'overview'}-narrow")
    seen["hidden"] = hidden_options(page)
    assert {check: found for check, found in seen.items() if found} == {}
