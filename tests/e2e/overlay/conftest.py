"""A server with the test page of the overlay, and its maps in a browser."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import Readers, Scheme, forget, reader_of, settle
from tests.e2e.overlay.reader import LEFT, RIGHT, labeled
from tests.serving import Server, serve


@pytest.fixture(scope="package")
def overlay_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = ("streamlit", "run", "tests/e2e/overlay/overlay_app.py", "--server.port", "{port}")
    with serve(tmp_path_factory.mktemp("overlay") / "log.txt", command) as running:
        yield running


class OpenMap(Protocol):
    """What `open_map` gives: a function that opens a case of the test page."""

    def __call__(self, case: str, *, scheme: Scheme = "light", charts: Sequence[str] = (LEFT, RIGHT)) -> Page: ...


@pytest.fixture
def fetched() -> list[str]:
    """The addresses of label files that the pages of `open_map` have asked for."""
    return []


@pytest.fixture
def open_map(browser: Browser, readers: Readers, overlay_server: Server, fetched: list[str]) -> Iterator[OpenMap]:
    """Open a case of the test page, its labels drawn; at the end nothing may have complained."""
    pages: list[Page] = []
    complaints: list[str] = []

    def open_(case: str, *, scheme: Scheme = "light", charts: Sequence[str] = (LEFT, RIGHT)) -> Page:
        page = reader_of(browser, readers, (scheme, 1440, len(pages))).new_page()
        pages.append(page)
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: fetched.append(request.url) if "/vocabularies/" in request.url else None)
        page.goto(f"{overlay_server.url}/?case={case}")
        settle(page)
        for chart in charts:
            labeled(page, chart)
        return page

    yield open_
    forget(pages)
    assert complaints == []
    assert "Traceback" not in overlay_server.output()
