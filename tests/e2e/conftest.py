"""A real server and a real browser."""

import os
from collections.abc import Iterable, Iterator
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


Scheme = Literal["light", "dark"]


class OpenPage(Protocol):
    """What `open_page` gives: a function that opens a path of the app, of `server` or of another `url`.

    `script` runs in the page before any of its own.
    """

    def __call__(
        self, path: str, *, scheme: Scheme = "light", width: int = 1440, url: str = ..., script: str = ""
    ) -> Page: ...


# A reader's colors, the width of the window, and which page of a test it is.
Reader = tuple[Scheme, int, int]
Readers = dict[Reader, BrowserContext]


def reader_of(browser: Browser, readers: Readers, reader: Reader) -> BrowserContext:
    """Return the profile of a reader, a new one where no test had it."""
    scheme, width, _ = reader
    if reader not in readers:
        readers[reader] = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    return readers[reader]


def forget(pages: Iterable[Page]) -> None:
    """Close the pages of readers, who then leave nothing behind but the app's own files in their cache."""
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.context.clear_cookies()
        page.close()


@pytest.fixture(scope="session")
def readers(browser: Browser) -> Iterator[Readers]:
    """The profiles of the readers that tests had so far: a kept one has the app's scripts fetched and compiled."""
    del browser  # it closes after them
    kept: Readers = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def open_page(browser: Browser, readers: Readers, server: Server) -> Iterator[OpenPage]:
    """Open a page of the app, each page of a test for a reader of its own, who has been there but left nothing behind.

    At the end no script may have failed and no other host been asked.
    """
    pages: list[Page] = []
    errors: list[str] = []
    foreign: list[str] = []

    def open_(
        path: str, *, scheme: Scheme = "light", width: int = 1440, url: str = server.url, script: str = ""
    ) -> Page:
        page = reader_of(browser, readers, (scheme, width, len(pages))).new_page()
        pages.append(page)
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, url) else None)
        if script:
            page.add_init_script(script)
        page.goto(url + path)
        settle(page)
        return page

    yield open_
    forget(pages)
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
