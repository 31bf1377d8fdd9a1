"""The frame of every page: navigation and name in the header, the bar under it, and no sidebar; wide and on a phone."""

import pytest

from tests.e2e.conftest import settle

pytestmark = pytest.mark.e2e

# Names of Streamlit's that are not public, by which the stylesheet finds its parts: wide, and on a phone.
PINNED = [
    "stHeader", "stHeaderLogo", "stMainBlockContainer", "stVerticalBlock", "stLayoutWrapper", "stTextAreaRootElement",
    "stTextArea", "stElementContainer", "stButtonGroup", "stCaptionContainer",
]  # fmt: skip
BOXES = """names => names.map(name => {
    const box = document.querySelector(name).getBoundingClientRect();
    return [Math.round(box.left), Math.round(box.top), Math.round(box.right), Math.round(box.bottom)];
})"""


def test_a_wide_screen_has_the_bar_below_the_header_and_no_sidebar(open_page):
    page = open_page("/map", width=1400)
    for name in PINNED:
        assert page.get_by_test_id(name).count(), f"Streamlit has no {name} now: the stylesheet names it"
    assert page.get_by_test_id("stSidebar").count() == 0
    links = page.get_by_test_id("stTopNavLink")
    assert [link.inner_text() for link in links.all()] == [
        "Overview", "Tokens", "Batches", "Lookup", "Positions", "Sum", "Map", "Neighbors", "Audit",
    ]  # fmt: skip
    name = page.evaluate(
        """() => getComputedStyle(document.querySelector(':has(> [data-testid="stHeaderLogo"])'), '::after').content"""
    )
    assert name == '"embedcore"'
    bar, model, title = page.evaluate(BOXES, [".st-key-bar", ".st-key-bar_model", "h1"])
    assert 60 <= bar[1] <= 64
    assert bar[3] - bar[1] == 40
    assert (bar[0], bar[2]) == (60, 1340)  # 1,280 px of content in the middle
    assert model[2] == 1340
    assert bar[3] + 12 <= title[1] <= 120
    assert not page.get_by_role("button", name="Apply").is_visible()


def test_the_text_box_grows_with_its_text_up_to_96_px(open_page):
    page = open_page("/tokens", width=1400)
    box = page.get_by_role("textbox", name="Your text")
    box.fill("a line\n" * 3)
    assert 70 <= box.bounding_box()["height"] <= 96
    box.fill("a line\n" * 30)
    assert box.bounding_box()["height"] == 96


def test_a_phone_has_the_text_in_a_row_of_its_own_and_a_button_that_applies_it(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server.url}/tokens")
    box = page.get_by_role("textbox", name="Your text")
    settle(page)
    text, model = page.evaluate(BOXES, [".st-key-bar_write", ".st-key-bar_model"])
    assert (text[0], text[2]) == (16, 374)
    assert model[1] >= text[3]
    box.fill("fox jumps over the dog")
    assert not page.get_by_text("Press Ctrl").is_visible()
    page.get_by_role("button", name="Apply").tap()
    page.wait_for_url("**text=fox**")
    context.close()
