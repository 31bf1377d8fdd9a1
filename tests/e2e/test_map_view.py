"""What a reader has in sight of a map, in a real browser: it stays over clicks and layers, is in the link, and is saved."""

import html
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from embedcore.maps.view import WHOLE_SPACE
from tests.e2e.conftest import settle
from tests.e2e.overlay.reader import check_labels, hover, labeled, place, seen
from tests.e2e.reader import says
from tests.e2e.test_space import FIRST, alone, link, traces, tsne  # noqa: F401 (a fixture)

pytestmark = pytest.mark.e2e
WINDOW = f"""(() => {{ const {{ xaxis, yaxis }} = document.querySelector('.st-key-{FIRST} .js-plotly-plot')._fullLayout
    return [...xaxis.range, ...yaxis.range] }})()"""
CAMERA = f"""(() => {{ const {{ eye, center, up }} = document.querySelector('.st-key-{FIRST} .js-plotly-plot')._fullLayout.scene.camera
    return [eye, center, up].flatMap(({{ x, y, z }}) => [x, y, z]) }})()"""
# Whether a part of the page lies in the window, and over all else there.
ON_TOP = """selector => {
    const part = document.querySelector(selector), box = part.getBoundingClientRect();
    part.style.pointerEvents = "auto";
    return part.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
}"""


def box(page, part):
    return page.locator(part).first.bounding_box()


def linked_view(page):
    return [float(number) for number in link(page)["zoom"].split(",")]


def hide_text(page):
    """Take the layer of the text off the map, as a reader does."""
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("This text", exact=True).click()
    page.wait_for_url("**show_text=false**")
    page.keyboard.press("Escape")
    settle(page)
    labeled(page, FIRST)


def test_a_map_is_above_its_words_and_stays_where_the_reader_has_moved_it(open_page, server, tsne):  # noqa: F811
    page = open_page("/map?model=pydoc-gpt&method=t-SNE", width=1400)
    page.set_viewport_size({"width": 1400, "height": 900})
    labeled(page, FIRST)
    chart = box(page, f".st-key-{FIRST} .js-plotly-plot")
    assert (chart["y"] <= 211, chart["height"]) == (True, 630)
    whole, token_id = page.evaluate(WINDOW), alone(tsne)
    page.mouse.move(*place(page, FIRST, token_id))
    for _ in range(4):
        page.mouse.wheel(0, -240)
        page.wait_for_timeout(100)
    page.wait_for_url("**zoom=**")
    labeled(page, FIRST)
    near = page.evaluate(WINDOW)
    assert near[1] - near[0] < 0.7 * (whole[1] - whole[0])
    assert linked_view(page) == pytest.approx(near, abs=1)
    hover(page, *place(page, FIRST, token_id))
    page.mouse.click(*place(page, FIRST, token_id))
    says(page, "is tied to its 15 nearest in all dimensions")
    settle(page)
    labeled(page, FIRST)
    assert page.evaluate(WINDOW) == pytest.approx(near, abs=2)
    assert box(page, f".st-key-{FIRST} .js-plotly-plot") == chart  # what is said of the point stands below
    hide_text(page)
    assert page.evaluate(WINDOW) == pytest.approx(near, abs=2)
    other = open_page(page.url.removeprefix(server.url), width=1400)
    other.set_viewport_size({"width": 1400, "height": 900})
    labeled(other, FIRST)
    assert other.evaluate(WINDOW) == pytest.approx(near, abs=2)
    page.locator(f".st-key-{FIRST}").get_by_role("button", name="Whole map").click()
    page.wait_for_url(lambda url: "zoom" not in url)
    labeled(page, FIRST)
    assert page.evaluate(WINDOW) == pytest.approx(whole, abs=2)


def test_what_was_found_is_zoomed_to_and_the_saved_picture_has_labels_and_legend(open_page, pydoc):
    page = open_page("/map?model=pydoc-gpt&find=%20list&color=script", width=1400)
    labeled(page, FIRST)
    page.get_by_role("button", name="Zoom to what was found").click()
    page.wait_for_url("**zoom=**")
    settle(page)
    labeled(page, FIRST)
    x0, x1, y0, y1 = page.evaluate(WINDOW)
    rings = page.evaluate(
        f"""(() => {{ const {{ x, y }} = document.querySelector('.st-key-{FIRST} .js-plotly-plot')._fullData
            .find(trace => trace.name === 'matches'); return [[...x], [...y]] }})()"""
    )
    assert len(rings[0]) == 11
    assert x0 < min(rings[0]) < max(rings[0]) < x1
    assert y0 < min(rings[1]) < max(rings[1]) < y1
    labels = [label["text"] for label in seen(page, FIRST, ".label")]
    assert len(labels) > 10
    page.hover(f".st-key-{FIRST} .js-plotly-plot")
    with page.expect_download() as download:
        page.locator(f'.st-key-{FIRST} .modebar-btn[data-title^="Download plot"]').click()
    saved = html.unescape(re.sub(r"<[^>]+>", "\n", download.value.path().read_text()))
    for word in ("37,977 rows", "Latin", "punctuation", "␣listen"):
        assert word in saved
    assert sum(label in saved for label in labels) == len(labels)
    assert page.locator(f".st-key-{FIRST} .legend .traces").count() == 0  # the page's own legend is a line of HTML
    expect(page.get_by_role("list").filter(has_text="Latin")).to_be_visible()
    page.get_by_role("button", name="Fullscreen").last.click()
    page.wait_for_timeout(1500)
    labeled(page, FIRST)
    assert box(page, f".st-key-{FIRST} .js-plotly-plot")["width"] > 1350
    assert page.evaluate(ON_TOP, "ul.legend li:last-child"), "the chart hides the legend in full screen"


def test_a_camera_in_space_is_in_the_link_and_stays(open_page):
    view = (0.9, -0.4, 0.5, 0.1, 0, -0.1, 0, 0, 1)
    page = open_page(f"/map?model=pydoc-gpt&dimensions=3-D&rows=trained&zoom={','.join(map(str, view))}", width=1400)
    labeled(page, FIRST)
    assert page.evaluate(CAMERA) == pytest.approx(view, abs=1e-6)
    assert len(check_labels(page, FIRST, ".gl-container > div")) > 10
    hide_text(page)
    assert page.evaluate(CAMERA) == pytest.approx(view, abs=1e-6)
    page.locator(f".st-key-{FIRST}").get_by_role("button", name="Whole map").click()
    page.wait_for_function(f"Math.abs({CAMERA}[0] - {WHOLE_SPACE[0]}) < 1e-6")
    page.wait_for_url(lambda url: "zoom" not in url)
    np.testing.assert_allclose(page.evaluate(CAMERA), WHOLE_SPACE, rtol=0, atol=1e-6)


def test_on_a_phone_the_map_is_in_the_first_screen(open_page):
    page = open_page("/map?model=pydoc-gpt", width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    labeled(page, FIRST)
    chart = box(page, f".st-key-{FIRST} .js-plotly-plot")
    assert chart["height"] == 360
    assert chart["y"] + chart["height"] <= 844
    check_labels(page, FIRST)
    controls = page.locator(".st-key-map_controls").locator("button, input")
    for control in controls.all():
        size = control.bounding_box()
        assert size is None or min(size["width"], size["height"]) >= 24, control.get_attribute("aria-label")
    for name in ("Points", "Show", "Compare"):
        assert page.get_by_role("button", name=name, exact=True).is_visible()
    assert traces(page)["vocabulary"] == 50_257
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
