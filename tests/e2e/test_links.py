"""Links in a real browser, where bound controls raise what the test runner does not, and where Back is."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.e2e.conftest import settle
from tests.e2e.reader import says
from tests.serving import serve

pytestmark = pytest.mark.e2e
# The worst for each kind of control of each page that has many.
WORST = {
    "positions": {"view": "", "heads": "Infinity", "pair": "1e309", "rope_base": "NaN", "schemes": ["rope", "x"], "scheme_seed": "٣", "token": "9" * 20},
    "map": {"dimensions": "", "method": "", "pc_x": "-Infinity", "rows": "", "color": "x", "ties": "true", "tied": "1e309", "box": "0,1,2", "picked": "!"},
    "batches": {"write": "token ids", "batches_of": "lines", "stride": "Infinity", "max_length": ["2", "Infinity"], "shuffle": "maybe"},
    "neighbors": {"k": "1e309", "metric": "", "ask": "", "id": "Infinity", "find_by": "", "find_token": "\x00"},
    "audit": {"threshold": "Infinity", "indicator": "", "category": "", "log_rows": "", "_picked": "1", "embed": "false"},
}  # fmt: skip


def address(page):
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


@pytest.mark.parametrize("path", WORST)
def test_the_worst_links_end_in_no_exception_and_back_to_them_neither(open_page, path):
    page = open_page(f"/{path}?{urlencode(WORST[path], doseq=True)}")
    says(page, "The link")
    kept = {"ties", "write", "source", "schemes", "max_length", "find_token", "embed"}
    page.wait_for_function(
        "kept => [...new URLSearchParams(location.search).keys()].every(name => kept.includes(name))", arg=list(kept)
    )
    assert page.locator('[data-testid="stException"]').count() == 0
    page.evaluate(
        """link => {
            History.prototype.replaceState.call(history, {}, '', link)
            History.prototype.pushState.call(history, {}, '', location.pathname)
        }""",
        f"?{urlencode(WORST[path], doseq=True)}",
    )
    page.go_back()
    settle(page)
    page.wait_for_function(
        "kept => [...new URLSearchParams(location.search).keys()].every(name => kept.includes(name))", arg=list(kept)
    )
    assert page.locator("h1").inner_text().lower() == path
    assert page.locator('[data-testid="stException"]').count() == 0


def test_what_is_asked_of_a_map_waits_for_it_on_other_pages_too(open_page):
    asked = {"method": "UMAP", "map_seed": "77", "find": "list", "ties": "true", "tied": "9"}
    page = open_page(f"/map?{urlencode(asked)}")
    says(page, "This map is not computed yet.")
    assert address(page) == {name: [value] for name, value in asked.items()}
    page.get_by_role("link", name="Lookup").click()
    page.wait_for_selector("h1:has-text('Lookup')")
    settle(page)
    assert address(page) == {}
    page.get_by_role("link", name="Map", exact=True).click()
    page.wait_for_selector("h1:has-text('Map')")
    page.wait_for_url("**find=list**")
    settle(page)
    assert address(page) == {name: [value] for name, value in asked.items()}


def test_back_gives_the_page_that_was_left_as_it_was(open_page):
    page = open_page("/audit?indicator=distance&threshold=0.3&log_rows=false")
    left = address(page)
    assert left == {"indicator": ["distance"], "threshold": ["0.3"], "log_rows": ["false"]}
    page.get_by_role("link", name="Sum").click()
    page.wait_for_selector("h1:has-text('Sum')")
    settle(page)
    page.get_by_role("textbox", name="One sentence").fill("a b")
    page.get_by_role("textbox", name="One sentence").press("Enter")
    page.wait_for_url("**first_sentence=a+b**")
    says(page, "With positions 0 of")
    settle(page)
    page.go_back()
    page.wait_for_selector("h1:has-text('Audit')")
    page.wait_for_url("**threshold=0.3**")
    settle(page)
    assert float(page.get_by_role("slider").first.input_value()) == 0.3
    assert address(page) == left


@pytest.fixture(scope="module")
def translated(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("translated") / "log.txt", ("tests.translated_server", "{port}")) as running:
        yield running


def test_in_another_language_a_link_holds_the_same_ids(open_page, translated):
    """Streamlit writes a bound choice into the address as its label, and sees that in the browser alone."""
    page = open_page("/neighbors?ask=this+text&metric=dot", url=translated.url)
    assert page.get_by_role("radio", name="this text‽").get_attribute("aria-checked") == "true"
    assert address(page) == {"ask": ["this text"], "metric": ["dot"]}
    page.get_by_role("radio", name="an expression‽").click()
    page.wait_for_url("**ask=an+expression**")
    settle(page)
    assert address(page) == {"ask": ["an expression"], "metric": ["dot"]}
    page.get_by_role("link", name="Lookup").click()
    page.wait_for_selector("h1:has-text('Lookup')")
    settle(page)
    page.go_back()
    page.wait_for_url("**ask=an+expression**")
    settle(page)
    assert address(page) == {"ask": ["an expression"], "metric": ["dot"]}
    page.get_by_role("radio", name="a token‽").click()  # the default leaves the address
    page.wait_for_function("() => !location.search.includes('ask')")
    settle(page)
    assert address(page) == {"metric": ["dot"]}


def test_the_seed_of_an_older_link_is_in_the_address_by_its_name_of_today(open_page):
    page = open_page("/batches?shuffle=true&seed=5")
    page.wait_for_url("**shuffle_seed=5**")
    settle(page)
    today = {"batches_of": ["a story"], "drop_last": ["true"], "model": ["random-gpt2"]}  # what it was of then
    assert address(page) == today | {"shuffle": ["true"], "shuffle_seed": ["5"]}
    page.get_by_role("button", name="Order").click()
    assert page.get_by_label("seed", exact=True).input_value() == "5"
