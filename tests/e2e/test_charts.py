"""Charts as a browser draws them: panels that begin and end together, type that can be read, words that overprint nothing."""

import itertools

import pytest

from tests.e2e.conftest import settle

pytestmark = pytest.mark.e2e

# The edges of each chart's plot area, from the top of the window.
PLOTS = """() => [...document.querySelectorAll(".js-plotly-plot")].map(chart => {
    const box = chart.querySelector(".cartesianlayer .plot, .bglayer .bg, .draglayer .nsewdrag").getBoundingClientRect();
    return [Math.round(box.top), Math.round(box.bottom)];
})"""
SCROLLED = "() => document.querySelector('[data-testid=\"stMain\"]').scrollTop"
# Every word of the charts: its text, the size of its type, its box, and whether its chart cuts it.
WORDS = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((chart, index) => {
    const around = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("text")].filter(word => word.textContent.trim() && word.getBoundingClientRect().width)
      .map(word => {
        const box = word.getBoundingClientRect();
        return {
          chart: index, text: word.textContent, size: parseFloat(getComputedStyle(word).fontSize),
          isNote: word.classList.contains("annotation-text"),
          box: [box.left, box.top, box.right, box.bottom],
          isCut: box.left < around.left - 1 || box.right > around.right + 1 || box.bottom > around.bottom + 1
            || box.top < around.top - 1,
        };
      });
})"""


def test_the_overviews_charts_begin_and_end_together_and_no_word_lies_on_another(open_page):
    page = open_page("/", width=1400)
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .cbaxis text').length === 3")
    strips, points = page.evaluate(PLOTS)
    assert strips == points
    words = page.evaluate(WORDS)
    assert {word["text"] for word in words} >= {"≤ −0.5", "0", "≥ 0.5", "dimension", "token vectors", "+", "="}
    assert [word for word in words if word["size"] < 12 or word["isCut"]] == []
    notes = [word for word in words if word["isNote"] and word["chart"] == 1]
    assert len(notes) > 8
    for one, other in itertools.combinations(notes, 2):
        left, top, right, bottom = one["box"]
        assert (
            other["box"][0] >= right or other["box"][2] <= left or other["box"][1] >= bottom or other["box"][3] <= top
        ), (
            one["text"],
            other["text"],
        )


def test_the_numbers_of_a_small_table_can_be_read_on_a_phone(open_page):
    page = open_page("/lookup", width=390)
    page.wait_for_selector(".heatmap-label")
    sizes = page.evaluate("() => [...document.querySelectorAll('.heatmap-label text, text.heatmap-label')]"
                          ".map(word => word.getBoundingClientRect().height)")  # fmt: skip
    assert len(sizes) == 30
    assert min(sizes) >= 12


def test_a_finger_that_drags_over_a_chart_scrolls_the_page_and_a_tap_names_what_is_there(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server.url + "/audit")
    page.wait_for_selector(".js-plotly-plot .nsewdrag", state="attached")
    settle(page)
    touch = context.new_cdp_session(page)
    for part in (".nsewdrag", ".ewdrag", ".nsdrag"):  # the plot itself, and its axes
        at = page.locator(f".js-plotly-plot .draglayer {part}").first
        before = page.evaluate(SCROLLED)
        drag_up(page, touch, at)
        assert page.evaluate(SCROLLED) > before + 50, part
    plot = page.locator(".js-plotly-plot .draglayer .nsewdrag").first
    plot.scroll_into_view_if_needed()
    x, y = center(plot)
    page.touchscreen.tap(x, y)
    page.wait_for_selector(".js-plotly-plot .hoverlayer .hovertext")
    context.close()


def center(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_up(page, touch, locator, distance=120):
    """Put a finger on the middle of `locator`, and drag it `distance` px up."""
    x, y = center(locator)

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    send("touchStart", {"x": x, "y": y})
    for step in range(1, 11):
        send("touchMove", {"x": x, "y": y - distance * step / 10})
        page.wait_for_timeout(16)
    send("touchEnd")
    page.wait_for_timeout(300)
