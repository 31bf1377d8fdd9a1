"""A real server and a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.serving import Server, serve

CHROMIUM = Path("/usr/bin/chromium")
# Without a GPU, pages are painted by the processor at once, not through WebGL's software; WebGL itself still runs.
FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
]  # fmt: skip


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        message = "no /usr/bin/chromium: apt-get install -y chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


class OpenPage(Protocol):
    """What `open_page` gives: a function that opens a path of the app, of `server` or of another `url`."""

    def __call__(
        self, path: str, *, scheme: Literal["light", "dark"] = "light", width: int = 1440, url: str = ...
    ) -> Page: ...


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """Open a page of the app; at the end no script may have failed and no other host been asked."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    foreign: list[str] = []

    def open_(
        path: str, *, scheme: Literal["light", "dark"] = "light", width: int = 1440, url: str = server.url
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, url) else None)
        page.goto(url + path)
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
    assert foreign == []


def is_foreign(address: str, url: str) -> bool:
    return address.startswith("http") and not address.startswith(url)


def settle(page: Page) -> None:
    """Wait until the page stands still: its title is there, and Streamlit runs nothing."""
    page.wait_for_selector("h1")
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
               && !document.querySelector('[data-testid="stSkeleton"]')"""
    )
