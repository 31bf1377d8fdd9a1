"""Back and Forward: an entry of the history for each page that was opened, and each gives the page as it was left."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

import embedcore
from embedcore.maps.recipe import N_NEIGHBORS
from embedcore.tokens.labels import token_label
from tests.e2e.conftest import settle
from tests.e2e.reader import chip, says

pytestmark = pytest.mark.e2e
TEXT = "A list is like a tuple, but a tuple cannot change."


def address(page):
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def follow(page, name):
    """Open a page by its link in the navigation."""
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_selector(f"h1:has-text('{name}')")
    settle(page)


def choose(page, index):
    chip(page, index).click()
    page.wait_for_url(f"**token={index}**")
    settle(page)


def arrive(page, path, **asked):
    """Wait until the page at `path` stands still with what its address asks for, and no more."""
    page.wait_for_url(lambda url: urlsplit(url).path == path)
    settle(page)
    page.wait_for_function(
        "asked => location.search.slice(1).split('&').filter(Boolean).length === asked", arg=len(asked)
    )
    assert address(page) == {name: [value] for name, value in asked.items()}


def is_chosen(page, index):
    expect(chip(page, index)).to_have_attribute("aria-pressed", "true")


def check_map(page):
    """The token of id 9 is tied to its neighbors, as the page says below the map."""
    arrive(page, "/map", token="3", ties="true", tied="9")
    says(page, f"{token_label(embedcore.get_tokenizer('gpt2').token_bytes(9))} is tied to its {N_NEIGHBORS} nearest")


def test_back_and_forward_give_each_page_once_as_it_was_left(open_page):
    page = open_page("/")
    n_entries = page.evaluate("history.length")
    choose(page, 2)
    choose(page, 4)
    follow(page, "Sum")
    choose(page, 3)
    follow(page, "Map")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("Ties", exact=True).click()
    page.wait_for_url("**ties=true**")
    settle(page)
    tied = page.get_by_role("spinbutton", name="Token id, tied to its nearest")
    tied.fill("9")
    tied.press("Enter")
    page.wait_for_url("**tied=9**")
    settle(page)
    page.keyboard.press("Escape")
    follow(page, "Audit")
    assert page.evaluate("history.length") == n_entries + 3
    page.go_back()
    check_map(page)
    page.go_back()
    arrive(page, "/sum", token="3")
    is_chosen(page, 3)
    page.go_back()
    arrive(page, "/", token="4")
    is_chosen(page, 4)
    page.go_forward()
    arrive(page, "/sum", token="3")
    page.go_forward()
    check_map(page)
    page.reload()
    check_map(page)
    page.go_forward()
    arrive(page, "/audit")
    assert page.evaluate("history.length") == n_entries + 3


def test_back_restores_defaults_too_and_a_hasty_reader_gets_where_they_went(open_page):
    """The second Back comes while the page of the first is still being made."""
    page = open_page("/lookup")
    n_entries = page.evaluate("history.length")
    follow(page, "Tokens")
    page.locator("textarea").first.fill("fox jumps")
    page.locator("textarea").first.press("Control+Enter")
    page.wait_for_url("**text=fox+jumps**")
    settle(page)
    follow(page, "Sum")
    arrive(page, "/sum", text="fox jumps")
    page.evaluate("() => { addEventListener('popstate', () => history.back(), { once: true }); history.back() }")
    arrive(page, "/lookup")
    page.wait_for_timeout(1500)
    arrive(page, "/lookup")
    assert page.locator("textarea").first.input_value() == TEXT
    assert page.evaluate("history.length") == n_entries + 2
    page.go_forward()
    arrive(page, "/tokens", text="fox jumps")
    assert page.locator("textarea").first.input_value() == "fox jumps"
    page.go_forward()
    arrive(page, "/sum", text="fox jumps")
