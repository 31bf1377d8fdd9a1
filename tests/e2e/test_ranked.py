"""The Neighbors page in a real browser: where its list stands, what its bars measure, keys, a phone, and paper."""

import pytest

from tests.e2e.conftest import settle
from tests.e2e.reader import says, shoot

pytestmark = pytest.mark.e2e
BUTTONS = ".ranked button"
# For each row: its height, its score as written, its bar's length as a share of the axis, and whether text lies on it.
ROWS = """rows => rows.map(row => {
    const box = name => row.querySelector(name).getBoundingClientRect();
    const bar = box('.bar'), fill = box('.fill');
    const overlaps = ['.rank', '.label', '.id', '.score'].some(name => box(name).right > bar.left + 0.5);
    return [row.getBoundingClientRect().height, Number(row.querySelector('.score').textContent), fill.width / bar.width, overlaps];
})"""


def focused(page):
    """Return the accessible name of the button that has the focus inside of a component."""
    return page.evaluate(
        "() => { let part = document.activeElement; while (part?.shadowRoot?.activeElement) part = part.shadowRoot.activeElement;"
        " return part?.getAttribute('aria-label') }"
    )


def test_the_list_follows_the_row_of_controls_and_its_bars_are_cosines(open_page):
    page = open_page("/neighbors?model=random-gpt2&id=1351", width=1400)
    page.locator(BUTTONS).nth(19).wait_for()
    controls = page.locator(".st-key-neighbors_controls").bounding_box()
    assert controls["height"] == 40
    assert 150 <= controls["y"] <= 166
    assert page.locator(".ranked").bounding_box()["y"] <= 240
    rows = page.locator(BUTTONS).evaluate_all(ROWS)
    assert [height for height, *_ in rows] == [26] * 20
    for _, score, share, overlaps in rows:
        assert share == pytest.approx(score, abs=2e-3)  # 0.26 looks like 0.26
        assert not overlaps
    ticks = page.locator(".ranked .tick").all_text_contents()
    assert ticks == ["0", "0.5", "1"]
    shoot(page, "neighbors-random")


def test_keys_lead_through_the_list_and_the_focus_stays_in_it(open_page):
    page = open_page("/neighbors?model=pydoc-gpt&id=1351")
    page.locator(BUTTONS).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    name = focused(page)
    assert name.startswith("3, ␣number, id 1271, cosine 0.6238")
    page.keyboard.press("Enter")
    says(page, "Nearest to ␣number (1271)")
    settle(page)
    page.locator('.ranked button[aria-label*="id 1351,"]').wait_for()
    assert focused(page).startswith("3, ")
    page.keyboard.press("Home")
    assert focused(page).startswith("1, ")


def test_a_neighbor_that_the_text_has_is_the_chosen_token_of_every_page(open_page):
    page = open_page("/neighbors?model=pydoc-gpt&token=1")
    says(page, "Nearest to ␣list (1351)")
    page.locator('.ranked button[aria-label^="1, ␣tuple"]').click()
    says(page, "Nearest to ␣tuple (46545)")
    page.wait_for_url("**token=5**")
    page.get_by_role("link", name="Lookup", exact=True).first.click()
    says(page, "Token 5 ␣tuple, id 46545")


def test_a_phone_shows_thirteen_rows_on_its_first_screen(open_page):
    page = open_page("/neighbors?model=pydoc-gpt&id=1351", width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(BUTTONS).nth(12).wait_for()
    bottom = page.locator(BUTTONS).nth(12).bounding_box()
    assert bottom["y"] + bottom["height"] <= 844
    rows = page.locator(BUTTONS).evaluate_all(ROWS)
    assert all(height >= 24 and not overlaps for height, _, _, overlaps in rows)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    boxes = [page.locator(f".st-key-{key}").bounding_box() for key in ("ask", "find_token", "find_by", "id", "metric")]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    shoot(page, "neighbors-phone")


def test_paper_has_the_whole_list_and_all_of_the_code(open_page):
    page = open_page("/neighbors?model=pydoc-gpt&id=1351&k=40")
    page.locator(BUTTONS).nth(39).wait_for()
    page.emulate_media(media="print")
    list_of_rows = page.locator(".ranked")
    assert list_of_rows.bounding_box()["height"] >= 40 * 26
    assert list_of_rows.evaluate("list => list.scrollHeight - list.clientHeight") <= 1
    code = page.locator("[data-testid=stCode] pre").first
    assert code.evaluate("pre => pre.scrollWidth - pre.clientWidth") <= 1
