"""What the overlay tells Python, in a real browser: clicks and boxes, each once, whatever becomes of the charts."""

import re

import pytest

from tests.e2e.conftest import settle
from tests.e2e.overlay.points import MARKUP
from tests.e2e.overlay.reader import LEFT, RIGHT, hover, labeled, place, seen, waits_for
from tests.e2e.reader import says

pytestmark = pytest.mark.e2e


def test_a_click_returns_the_id(open_map):
    page = open_map("pair")
    says(page, "picked Picked(clicked=None, box=None)")
    hover(page, *place(page, LEFT, 1351))
    page.mouse.click(*place(page, LEFT, 1351))
    waits_for(page, "clicked 1351")
    says(page, "picked Picked(clicked=1351, box=None)")
    hover(page, *place(page, RIGHT, MARKUP))
    page.mouse.click(*place(page, RIGHT, MARKUP))
    waits_for(page, f"clicked 1351\nclicked {MARKUP}")


def test_a_box_returns_its_range_and_its_removal(open_map):
    page = open_map("pair")
    button = page.locator(f".st-key-{LEFT}").get_by_role("button", name="Select an area")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    page.wait_for_timeout(500)
    assert button.get_attribute("aria-pressed") == "true"
    x, y = place(page, LEFT, 1351)
    page.mouse.move(x - 30, y - 60)
    page.mouse.down()
    page.mouse.move(x + 150, y + 20, steps=6)
    page.mouse.up()
    waits_for(page, "boxed Box(chart='left map'")
    values = page.evaluate(
        f"""ends => {{ const gd = document.querySelector('.st-key-{LEFT} .js-plotly-plot')
            const [{{ xaxis, yaxis }}, box] = [gd._fullLayout, gd.getBoundingClientRect()]
            return ends.map(([x, y]) => [xaxis.p2d(x - box.left - xaxis._offset), yaxis.p2d(y - box.top - yaxis._offset)]) }}""",
        [[x - 30, y + 20], [x + 150, y - 60]],
    )
    text = page.locator('[data-testid="stMain"]').inner_text()
    box = re.search(r"boxed Box\(chart='left map', x=\((.+), (.+)\), y=\((.+), (.+)\)\)", text)
    (x_low, y_low), (x_high, y_high) = values
    assert [float(end) for end in box.groups()] == pytest.approx([x_low, x_high, y_low, y_high], abs=250)  # 2 pixels
    says(page, f"picked Picked(clicked=None, box={box.group()[6:]})")
    page.mouse.dblclick(x + 300, y - 200)
    waits_for(page, "boxed None")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.wait_for_timeout(500)
    assert button.get_attribute("aria-pressed") == "false"
    assert page.evaluate(f"document.querySelector('.st-key-{LEFT} .js-plotly-plot')._fullLayout.dragmode") == "pan"


def test_a_chart_that_is_mounted_anew_is_found_again_and_never_twice(open_map, fetched):
    page = open_map("pair")
    old = page.evaluate_handle(f"document.querySelector('.st-key-{LEFT} .js-plotly-plot')")
    page.get_by_text("Another seed").click()
    settle(page)
    page.wait_for_timeout(1500)
    labeled(page, LEFT)
    for chart in (LEFT, RIGHT):
        assert page.locator(f".st-key-{chart} .map-overlay").count() == 1
    x, y = place(page, LEFT, 1351)
    hover(page, x, y)
    assert seen(page, LEFT, ".tooltip")[0]["text"] == "␣listid 1351"
    page.mouse.click(x, y)
    waits_for(page, "clicked 1351")
    page.wait_for_timeout(600)
    assert page.locator('[data-testid="stMain"]').inner_text().count("\nclicked 1351") == 1
    gd = page.evaluate_handle(f"document.querySelector('.st-key-{LEFT} .js-plotly-plot')")
    counted = page.evaluate("gd => gd._ev.listeners('plotly_click').length", gd)
    assert page.evaluate("gd => gd.isConnected ? -1 : gd.querySelectorAll('.map-overlay').length", old) <= 0
    page.get_by_text("Overlay", exact=True).last.click()  # the component leaves, and takes all with it
    page.wait_for_function("!document.querySelector('.map-overlay')")
    assert page.evaluate("gd => gd._ev.listeners('plotly_click').length", gd) == counted - 1
    page.get_by_text("Overlay", exact=True).last.click()  # and comes back, its labels at hand
    labeled(page, LEFT)
    assert page.evaluate("gd => gd._ev.listeners('plotly_click').length", gd) == counted
    assert len(fetched) == 1


def test_an_overlay_before_its_charts_and_without_labels(open_map, fetched):
    page = open_map("late", charts=(LEFT,))
    page.get_by_text("Labels").click()
    settle(page)
    page.wait_for_timeout(800)
    assert seen(page, LEFT, ".label") == []
    hover(page, *place(page, LEFT, 1351))
    assert seen(page, LEFT, ".tooltip")[0]["text"] == "␣listid 1351"
    assert len(fetched) == 1
