"""The rows of chips in a real browser: keyboard, focus, long texts, rows that were never trained, a server that is new."""

from urllib.parse import urlencode

import pytest

from tests.e2e.conftest import settle
from tests.e2e.reader import chip, says, shoot
from tests.serving import free_port, serve

pytestmark = pytest.mark.e2e

LONG = (
    "The interpreter evaluates each expression of the module and returns a dictionary of names, values and types. " * 6
)
FOCUSED = """() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return at.getAttribute('aria-label') ?? at.textContent }"""


def focused(page):
    return page.evaluate(FOCUSED)


def in_sight(page):
    """Return the boxes of the chips and of the button beside them that are drawn."""
    parts = page.locator(".chips").first.locator(".chip:visible, .more:visible")
    return [box for box in (part.bounding_box() for part in parts.all()) if box]


def test_chips_are_one_tab_stop_with_arrow_keys_and_enter_keeps_the_focus(open_page):
    page = open_page("/sum?" + urlencode({"text": "A list is like a tuple."}))
    row = page.get_by_role("toolbar", name="7 tokens")
    assert row.locator("button").count() == 7 + 1  # the last shows all of them, and is hidden here
    assert [each.get_attribute("tabindex") for each in row.locator("button:visible").all()] == ["0"] + ["-1"] * 6
    chip(page, 0).focus()
    for key, index in (
        ("ArrowRight", 1),
        ("End", 6),
        ("ArrowLeft", 5),
        ("ArrowRight", 6),
        ("ArrowRight", 6),
        ("Home", 0),
        ("ArrowRight", 1),
    ):
        page.keyboard.press(key)
        assert focused(page).startswith(f"token {index}, "), key
    ring = chip(page, 1).evaluate("chip => [getComputedStyle(chip).outlineWidth, getComputedStyle(chip).outlineColor]")
    assert ring == ["3px", "rgb(11, 95, 165)"]  # 6.4 : 1 against the page
    page.keyboard.press("Enter")
    page.wait_for_url("**token=1**")
    settle(page)
    assert focused(page) == "token 1, ␣list, id 1351"
    assert [chip(page, index).get_attribute("aria-pressed") for index in (0, 1)] == ["false", "true"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_url("**token=2**")
    settle(page)
    assert focused(page) == "token 2, ␣is, id 318"
    page.keyboard.press("Tab")
    assert not focused(page).startswith("token ")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "token 2, ␣is, id 318"


@pytest.mark.parametrize(
    "path",
    [
        "neighbors?ask=this+text",
        "tokens",
        *(pytest.param(path, marks=pytest.mark.long) for path in ("", "lookup", "positions")),
    ],
)
def test_the_focus_stays_on_the_chip_on_other_pages_too(open_page, path):
    page = open_page(f"/{path}")
    for index in (4, 5):
        chip(page, index).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**token={index}**")
        settle(page)
        page.wait_for_timeout(200)
        assert focused(page).startswith(f"token {index}, ")


@pytest.mark.parametrize("width", [390, 1400])
def test_a_long_text_shows_two_rows_and_the_chosen_token(open_page, width):
    page = open_page("/lookup?" + urlencode({"text": LONG, "token": 100}), width=width)
    chip(page, 0).wait_for()
    boxes = in_sight(page)
    tops = sorted({round(box["y"]) for box in boxes})
    assert len(tops) == 2
    assert tops[1] - tops[0] == 28 + 4
    assert {round(box["height"]) for box in boxes} == {28}
    assert max(box["x"] + box["width"] for box in boxes) <= width
    assert chip(page, 100).is_visible()
    assert chip(page, 100).get_attribute("aria-pressed") == "true"
    assert not chip(page, 99).is_visible()
    n_tokens = page.locator(".chips").first.locator(".chip").count()
    more = page.get_by_role("button", name=f"Show all {n_tokens} tokens")
    assert more.get_attribute("aria-expanded") == "false"
    more.click()
    assert page.locator(".chips").first.locator(".chip:visible").count() == n_tokens
    chip(page, 99).click()
    page.wait_for_url("**token=99**")
    settle(page)
    assert page.locator(".chips").first.locator(".chip:visible").count() == n_tokens  # still open
    page.get_by_role("button", name="Show fewer").click()
    assert len({round(box["y"]) for box in in_sight(page)}) == 2
    assert chip(page, 99).is_visible()
    assert not chip(page, 100).is_visible()
    page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for_timeout(300)
    assert len({round(box["y"]) for box in in_sight(page)}) == 2
    shoot(page, f"chips-long-{width}")


def test_an_untrained_row_is_marked_by_more_than_a_color_and_what_to_try_is_one_click_away(open_page):
    page = open_page("/?" + urlencode({"text": "The cat sat on the mat"}))
    says(page, "2 of 6 tokens were never in the training text")
    never, trained = chip(page, 1), chip(page, 0)
    assert never.get_attribute("aria-label") == "token 1, ␣cat, id 3797, untrained"
    assert never.inner_text().split() == ["␣cat", "3797", "untrained"]
    assert trained.inner_text().split() == ["The", "464"]
    borders = [each.evaluate("chip => getComputedStyle(chip).borderTopStyle") for each in (never, trained)]
    assert borders == ["dashed", "solid"]
    assert page.locator(".js-plotly-plot").first.locator("text", has_text="␣cat untrained □").count() > 0
    page.get_by_role("button", name="Try “A list is like a tuple").click()
    page.wait_for_function("() => !document.body.innerText.includes('training text')")
    settle(page)
    assert page.get_by_role("textbox", name="Your text").input_value().startswith("A list is like a tuple")
    assert "text=" not in page.url


def test_the_first_click_after_a_restart_of_the_server_counts(open_page, tmp_path):
    port = free_port()
    with serve(tmp_path / "first.txt", port=port) as first:
        page = open_page("/lookup?token=2", url=first.url)
        chip(page, 5).wait_for()
    with serve(tmp_path / "second.txt", port=port):
        connected = "() => document.querySelector('[data-testid=stApp]')?.dataset.testConnectionState === 'CONNECTED'"
        page.wait_for_function(connected, timeout=60_000)
        page.wait_for_timeout(500)
        chip(page, 5).click()
        page.wait_for_url("**token=5**", timeout=60_000)
        settle(page)
        assert [chip(page, index).get_attribute("aria-pressed") for index in (2, 5)] == ["false", "true"]


def test_a_model_that_cannot_read_the_text_shows_another_and_one_click_goes_back(open_page):
    page = open_page("/lookup?token=5")
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="toy", exact=True).click()
    says(page, "The pages show “fox jumps over dog” for now, and your text is kept")
    settle(page)
    box = page.get_by_role("textbox", name="Your text")
    assert box.input_value() == "A list is like a tuple, but a tuple cannot change."
    chip(page, 3).wait_for()
    assert chip(page, 3).get_attribute("aria-label") == "token 3, ␣dog, id 1"
    assert page.locator(".stAlert [data-testid=stAlertContentError]").count() == 0
    page.get_by_role("button", name="Go back to pydoc-gpt").click()
    page.wait_for_url("**token=5**")
    settle(page)
    assert "model=toy" not in page.url
    assert chip(page, 5).get_attribute("aria-pressed") == "true"
    assert box.input_value() == "A list is like a tuple, but a tuple cannot change."
