"""The button that copies the link of a page: by keyboard, without the browser's permission, and with what the link lacks."""

import random

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import findings
from tests.e2e.reader import says

pytestmark = pytest.mark.e2e
SELECTED = """() => {
    const field = document.activeElement.shadowRoot?.activeElement
    return field?.value.slice(field.selectionStart, field.selectionEnd) ?? null
}"""


def test_the_link_is_copied_by_keyboard_or_selected_and_what_it_lacks_is_said(open_page):
    page = open_page("/sum?token=3&write=text")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy link", exact=True)
    panel = page.get_by_role("dialog", name="Copy link")
    button.focus()
    button.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("The link is copied: it opens the page as you see it.")
    expect(panel.get_by_text("Not in the link:")).to_be_hidden()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert [each for each in findings(page) if "copy" in each or "panel" in each] == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()

    box = page.locator("textarea").first
    box.fill(random.Random(19).randbytes(6_000).hex())
    box.press("Control+Enter")
    page.wait_for_url("**text=~tab~**")
    says(page, "Too long for a link")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as over plain http
    button.click()
    expect(panel.get_by_role("status")).to_contain_text("The address is selected: copy it from here.")
    expect(panel.get_by_role("listitem")).to_have_text(["The text: it is longer than a link can hold."])
    assert page.evaluate(SELECTED) == page.url
    page.context.clear_permissions()
