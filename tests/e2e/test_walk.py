"""The guided walk in a browser: it goes on within a page and to another one, and each view is the step's own."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import settle

pytestmark = pytest.mark.e2e


def go(page, name, number):
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_selector(f"text=Step {number} of ")
    settle(page)
    page.wait_for_function("number => new URLSearchParams(location.search).get('walk') === number", arg=str(number))


def test_a_reader_walks_on_and_back_and_ends(open_page):
    page = open_page("/batches?walk=3&model=random-gpt2&batches_of=a+story&drop_last=true")
    color = page.locator("h1").evaluate("title => getComputedStyle(title).color")
    expect(page.locator(".st-key-walk_next a")).to_have_css("color", color)  # its frame is mixed of it
    page.get_by_label("stride").fill("2")
    page.get_by_label("stride").press("Enter")
    page.wait_for_function("location.search.includes('stride=2')")
    go(page, "Next", 4)
    assert page.get_by_label("stride").input_value() == "1"
    go(page, "Back", 3)
    assert page.get_by_label("stride").input_value() == "4"
    go(page, "Next", 4)
    go(page, "Next", 5)
    assert page.locator("h1").inner_text() == "Lookup"
    assert page.locator("textarea").first.input_value() == "fox jumps over dog"
    assert page.get_by_test_id("stAlert").count() == 0
    page.get_by_role("button", name="End the walk").click()
    page.wait_for_selector(".st-key-walk_strip", state="detached")
    page.wait_for_function("!location.search.includes('walk')")
    assert page.locator("textarea").first.input_value() == "fox jumps over dog"
