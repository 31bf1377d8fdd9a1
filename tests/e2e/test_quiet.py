"""A minute of real use: neither the server nor any page asks anybody but this machine."""

import time

import pytest

from tests.e2e.conftest import is_foreign, settle
from tests.serving import STREAMLIT, UVICORN, serve
from tests.test_network import recorder

pytestmark = [pytest.mark.e2e, pytest.mark.long]
PAGES = ("", "tokens", "batches", "lookup", "positions", "sum", "map", "map?dimensions=3-D", "neighbors", "audit")
SECONDS = 60


@pytest.mark.parametrize("command", [STREAMLIT, UVICORN], ids=["streamlit", "uvicorn"])
def test_a_minute_of_use_calls_nobody(browser, tmp_path, command):
    foreign = []
    with (
        recorder() as proxy,
        serve(tmp_path / "log.txt", command, **proxy.environment, ORT_DISABLE_TELEMETRY=None) as server,
    ):
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda asked: foreign.append(asked.url) if is_foreign(asked.url, server.url) else None)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for path in PAGES:
                page.goto(f"{server.url}/{path}")
                settle(page)
        page.close()
    assert (proxy.requests, foreign) == ([], [])
