"""On paper a page is whole: code wraps, charts fit, and what can only be clicked is left out."""

import pytest

pytestmark = pytest.mark.e2e
SHOWN = "each => [...each].filter(one => one.getClientRects().length > 0).length"
FITS = """() => [...document.querySelectorAll('.stCode pre, .js-plotly-plot .main-svg')].filter(each => each.getClientRects().length > 0)
    .map(each => [each.scrollWidth - each.clientWidth, Math.round(each.getBoundingClientRect().right - innerWidth)])"""


def test_a_printed_page_is_whole_and_has_no_controls(open_page):
    page = open_page("/lookup?walk=6&token=5", width=900)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    page.wait_for_function(f"({FITS})().every(([beyond, right]) => beyond <= 0 && right <= 0)")
    assert len(page.evaluate(FITS)) > 3
    for name in (
        "[data-testid=stHeader]",
        "[data-testid=stBottom]",
        ".st-key-bar [data-testid=stPopover]",
        ".modebar",
        "[role=tablist]",
    ):
        found = page.locator(name)
        assert found.count() > 0, name
        assert found.evaluate_all(SHOWN) == 0, name
