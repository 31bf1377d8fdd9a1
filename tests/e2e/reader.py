"""What a reader does on any page of the running app: wait for a sentence, take a picture, find a token's chip."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError

SHOTS = os.environ.get("EMBEDCORE_SHOTS")  # the folder for screenshots; without it none are taken


def says(page: Page, sentence: str) -> None:
    """Wait until the page says `sentence`; its parts are drawn a moment after its script has ended."""
    try:
        page.wait_for_function(
            "sentence => document.querySelector('[data-testid=\"stMain\"]').innerText.includes(sentence)",
            arg=sentence,
            timeout=15_000,
        )
    except TimeoutError:
        pytest.fail(
            f"the page does not say {sentence!r}, but:\n{page.locator('main, [data-testid=stMain]').first.inner_text()}"
        )


def shoot(page: Page, name: str) -> None:
    """Take a screenshot of the whole page for people to look at, where they asked for it."""
    if SHOTS is None:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": min(4000, max(1000, height + 20))})
    page.wait_for_timeout(1200)
    page.screenshot(path=Path(SHOTS) / f"{name}.png")


def chip(page: Page, index: int) -> Locator:
    return page.locator(f'button[aria-label^="token {index}, "]').first
