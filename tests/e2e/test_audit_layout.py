"""The Audit page in a real browser: where its chart stands on a wide screen and on a phone, and that nothing lies over it."""

import pytest

from tests.e2e.conftest import settle
from tests.e2e.reader import shoot

pytestmark = pytest.mark.e2e
CHART = ".st-key-indicator_chart .js-plotly-plot"


def test_the_chart_follows_the_row_of_controls_and_counts_on_a_logarithmic_axis(open_page):
    page = open_page("/audit?model=pydoc-gpt", width=1400)
    page.wait_for_selector(f"{CHART} .main-svg")
    controls = page.locator(".st-key-audit_controls").bounding_box()
    assert controls["height"] == 40
    assert page.locator(CHART).bounding_box()["y"] <= 211
    assert page.evaluate(f"document.querySelector('{CHART}')._fullLayout.yaxis.type") == "log"
    page.get_by_text("Log counts").click()
    page.wait_for_url("**log_rows=false**")
    page.wait_for_function(f"document.querySelector('{CHART}')?._fullLayout?.yaxis?.type === 'linear'")


def test_on_a_phone_the_chart_is_in_the_first_screen_and_no_toolbar_lies_over_words(open_page):
    page = open_page("/audit?model=pydoc-gpt", width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector(f"{CHART} .main-svg")
    chart = page.locator(CHART).bounding_box()
    assert chart["y"] + chart["height"] <= 844
    for key in ("indicator", "category", "log_rows", "audit_threshold"):
        box = page.locator(f".st-key-{key}").first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    shoot(page, "audit-phone")


# What lies under each toolbar of a table or a chart, and buttons and links that are under 24 px.
_TOOLBARS = """() => {
  const box = (part) => part.getBoundingClientRect()
  const seen = (part) => part.checkVisibility({ opacityProperty: true }) && box(part).width > 0
  const parts = [...document.querySelectorAll('[data-testid=stMain] :is(h2, summary, [data-testid=stMarkdown] p, .legendtext)')]
  const bars = [...document.querySelectorAll('[data-testid=stElementToolbar], .modebar-btn')].filter(seen)
  const over = bars.flatMap((bar) => parts.filter((part) => {
    const words = document.createRange()
    words.selectNodeContents(part)
    const [a, b] = [box(bar), box(words)]
    return a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1
  }).map((part) => part.textContent.slice(0, 40)))
  const small = [...document.querySelectorAll('[data-testid=stMain] :is(button, a, summary)')].filter(seen)
    .filter((part) => Math.min(box(part).width, box(part).height) < 24)
    .map((part) => `${part.ariaLabel ?? part.textContent}: ${box(part).width} x ${box(part).height}`)
  return { n: bars.length, over, small }
}"""


def test_under_a_finger_no_toolbar_lies_over_words_and_nothing_is_small(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 3000}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server.url}/audit?model=pydoc-gpt")
    settle(page)
    page.wait_for_selector(".st-key-precision_recall_chart .main-svg")
    page.wait_for_function("document.querySelectorAll('[data-testid=stElementToolbar]').length === 3")
    seen = page.evaluate(_TOOLBARS)
    assert seen["n"] >= 3
    assert seen["over"] == []
    assert seen["small"] == []
    context.close()
