"""Under a base path the whole app lives there: pages, links between them, and what the map asks for."""

import pytest

from tests.e2e.conftest import settle
from tests.serving import UVICORN, serve

pytestmark = pytest.mark.e2e
N_LABELS = """() => [...document.querySelectorAll('.map-overlay')]
    .flatMap(host => [...host.shadowRoot.querySelectorAll('.labels > *')]).length"""


def test_the_map_has_its_labels_under_a_base_path(browser, tmp_path):
    with serve(tmp_path / "log.txt", UVICORN, base="/demo", STREAMLIT_SERVER_BASE_URL_PATH="demo") as server:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        asked = []
        page.on("response", lambda answer: asked.append((answer.url, answer.status)))
        page.goto(f"{server.url}/map")
        settle(page)
        n_entries = page.evaluate("history.length")
        page.get_by_role("button", name="Show").click()
        page.get_by_text("Ties", exact=True).click()
        page.wait_for_url("**ties=true")
        page.keyboard.press("Escape")
        page.wait_for_function(f"({N_LABELS})() > 0")
        assert (f"{server.url}/api/vocabularies/gpt2.json", 200) in [(url.split("?")[0], told) for url, told in asked]
        assert [url for url, _ in asked if url.startswith("http") and not url.startswith(f"{server.url}/")] == []
        page.get_by_test_id("stTopNav").get_by_role("link", name="Neighbors").click()
        page.wait_for_selector("h1:has-text('Neighbors')")
        assert page.url.startswith(f"{server.url}/neighbors")
        settle(page)
        assert page.evaluate("history.length") == n_entries + 1
        page.go_back()
        page.wait_for_selector("h1:has-text('Map')")
        settle(page)
        assert page.url == f"{server.url}/map?ties=true"
        page.close()
