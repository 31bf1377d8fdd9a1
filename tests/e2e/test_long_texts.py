"""A text that no link can hold: the browser's tab keeps it through a reload and for Back, and says where it does not."""

import random

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import settle
from tests.e2e.reader import says

pytestmark = pytest.mark.e2e
TEXT = random.Random(19).randbytes(6_000).hex()
OTHER = random.Random(20).randbytes(6_000).hex()
LOST = "The link's text is longer than a link can hold: only the browser tab in which it was written has it."


def write(page, text):
    box = page.locator("textarea").first
    box.fill(text)
    box.press("Control+Enter")


def holds(page, text):
    page.wait_for_function("text => document.querySelector('textarea')?.value === text", arg=text)


def test_a_reload_and_back_keep_it_and_another_tab_says_that_it_has_none(open_page):
    page = open_page("/lookup")
    write(page, TEXT)
    page.wait_for_url("**text=~tab~**")
    says(page, "Too long for a link: this browser tab keeps it through a reload")
    link = page.url
    page.reload()
    settle(page)
    holds(page, TEXT)
    assert page.url == link
    page.get_by_role("link", name="Tokens", exact=True).click()
    page.wait_for_selector("h1:has-text('Tokens')")
    settle(page)
    write(page, "a list")
    page.wait_for_url("**text=a+list**")
    settle(page)
    page.go_back()
    page.wait_for_url(link)
    holds(page, TEXT)

    other = open_page("/lookup?token=2&" + link.split("?")[1])
    says(other, LOST)
    other.wait_for_function("() => location.search === ''")
    assert other.locator("textarea").first.input_value() == "A list is like a tuple, but a tuple cannot change."
    other.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('refused') } }")
    write(other, OTHER)
    says(
        other,
        "Too long for a link: this browser keeps nothing for a page, so a reload and a shared link open without it.",
    )
    expect(other.get_by_text(LOST)).to_have_count(0)


def test_a_text_that_the_link_holds_opens_in_another_browser(open_page):
    text = "A list is no tuple. " * 200
    page = open_page("/lookup")
    write(page, text)
    page.wait_for_url("**text=~zlib~**")
    says(page, "The link holds this text in compressed form")
    other = open_page("/lookup?" + page.url.split("?")[1])
    holds(other, text)
