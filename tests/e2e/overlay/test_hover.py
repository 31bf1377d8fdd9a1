"""Hovering over a map in a real browser: the token is named, and ringed in both maps, in the plane and in space."""

import pytest

from tests.e2e.overlay.points import MARKUP, PART
from tests.e2e.overlay.reader import LEFT, RIGHT, center, check_labels, hover, label_of, labeled, place, seen, waits_for
from tests.e2e.reader import shoot

pytestmark = pytest.mark.e2e


def test_hover_names_the_token_and_rings_it_in_both_maps(open_map):
    page = open_map("pair")
    x, y = place(page, LEFT, 1351)
    hover(page, x, y)
    [tooltip] = seen(page, LEFT, ".tooltip")
    assert tooltip["text"] == label_of(1351) + "id 1351" == "␣listid 1351"
    for chart in (LEFT, RIGHT):
        [ring] = seen(page, chart, ".ring")
        assert center(ring) == pytest.approx(tuple(place(page, chart, 1351)), abs=2)
    assert seen(page, RIGHT, ".tooltip") == []
    hover(page, *place(page, RIGHT, MARKUP))  # the other way round
    [tooltip] = seen(page, RIGHT, ".tooltip")
    assert tooltip["text"] == f"␣<!--id {MARKUP}"
    [ring] = seen(page, LEFT, ".ring")
    assert center(ring) == pytest.approx(tuple(place(page, LEFT, MARKUP)), abs=2)
    page.mouse.move(5, 5)
    page.wait_for_timeout(400)
    assert [seen(page, chart, ".ring, .tooltip") for chart in (LEFT, RIGHT)] == [[], []]


def test_hover_in_a_dense_cloud_names_what_plotly_found(open_map):
    page = open_map("pair")
    page.evaluate(
        f"""() => document.querySelector('.st-key-{LEFT} .js-plotly-plot')
            .on('plotly_hover', event => {{ window.found = event.points[0].pointNumber }})"""
    )
    x, y = place(page, LEFT, 46545)
    for step in range(4):
        hover(page, x + 6 * step, y)
        token_id = page.evaluate("window.found")
        [tooltip] = seen(page, LEFT, ".tooltip")
        assert tooltip["text"] == f"{label_of(token_id)}id {token_id}"


def test_markup_in_a_token_is_text(open_map):
    page = open_map("pair")
    assert label_of(MARKUP) == "␣<!--"
    texts = [label["text"] for label in seen(page, LEFT, ".label")]
    assert "␣<!--" in texts
    hover(page, *place(page, LEFT, MARKUP))
    assert seen(page, LEFT, ".tooltip .token")[0]["text"] == "␣<!--"
    # No vocabulary has a whole tag as a token, but a file of labels could.
    page.route("**/vocabularies/*", lambda route: route.fulfill(json=["<img src=x onerror=alert(1)>"] * 50_257))
    page.on("dialog", lambda dialog: pytest.fail("markup has run"))
    page.reload()
    labeled(page, LEFT)
    assert {label["text"] for label in seen(page, LEFT, ".label")} == {"<img src=x onerror=alert(1)>"}
    hover(page, *place(page, LEFT, 1351))
    assert seen(page, LEFT, ".tooltip .token")[0]["text"] == "<img src=x onerror=alert(1)>"
    assert seen(page, LEFT, "img") == []


def test_three_dimensions_are_hovered_ringed_and_clicked(open_map):
    page = open_map("space", charts=(LEFT,))
    page.wait_for_function(
        f"document.querySelector('.st-key-{RIGHT} .js-plotly-plot')?._fullLayout?.scene?._scene?.glplot?.cameraParams"
    )
    page.evaluate(
        f"""() => document.querySelector('.st-key-{RIGHT} .js-plotly-plot')
            .on('plotly_hover', event => {{ window.found = event.points[0] }})"""
    )
    box = page.locator(f".st-key-{RIGHT} .js-plotly-plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    found = None
    for dx, dy in [(0, 0), (20, 10), (-30, 20), (30, -20), (50, 30), (-50, 40)]:
        hover(page, x + dx, y + dy)
        page.wait_for_timeout(600)
        found = page.evaluate("window.found?.pointNumber")
        if found is not None:
            break
    assert found is not None
    # Plotly picks a point within some pixels of the mouse: the ring, projected by us, is there too.
    [ring] = seen(page, RIGHT, ".ring")
    assert center(ring) == pytest.approx((x + dx, y + dy), abs=8)
    assert seen(page, RIGHT, ".tooltip")[0]["text"] == f"{label_of(found)}id {found}"
    [linked] = seen(page, LEFT, ".ring")
    assert center(linked) == pytest.approx(tuple(place(page, LEFT, found)), abs=2)
    page.mouse.click(x + dx, y + dy)
    waits_for(page, f"clicked {found}")
    page.mouse.down()  # turning the space is no click, whatever points pass under the mouse
    page.mouse.move(x + dx + 60, y + dy + 20, steps=8)
    page.wait_for_timeout(600)
    page.mouse.up()
    page.wait_for_timeout(800)
    assert page.locator('[data-testid="stMain"]').inner_text().count("\nclicked") == 1
    page.evaluate("delete window.found")
    hover(page, x + 4, y + 4)
    page.wait_for_timeout(600)
    if page.evaluate("window.found"):  # turned, the ring is where Plotly sees the point still
        [ring] = seen(page, RIGHT, ".ring")
        assert center(ring) == pytest.approx((x + 4, y + 4), abs=8)
    hover(page, *place(page, LEFT, 1351))  # and from the plane into the space
    [ring] = seen(page, RIGHT, ".ring")
    assert box["x"] < center(ring)[0] < box["x"] + box["width"]
    assert seen(page, RIGHT, "button") == []
    assert check_labels(page, RIGHT, ".gl-container > div")
    shoot(page, "overlay-3d")


def test_rows_of_a_selection_stand_for_other_ids_and_colors_say_values(open_map):
    page = open_map("part")
    assert sorted(check_labels(page, LEFT)) == sorted(label_of(token_id) for token_id in PART)
    hover(page, *place(page, LEFT, 3))
    assert seen(page, LEFT, ".tooltip")[0]["text"] == f"{label_of(PART[3])}id {PART[3]} · cluster signs"
    hover(page, *place(page, RIGHT, 3))
    assert seen(page, RIGHT, ".tooltip")[0]["text"] == f"{label_of(PART[3])}id {PART[3]} · norm −1.75"
    hover(page, *place(page, LEFT, 2))  # here the trace "matches" lies on top
    assert seen(page, LEFT, ".tooltip")[0]["text"] == f"{label_of(PART[2])}id {PART[2]} · cluster words"
    page.mouse.click(*place(page, LEFT, 2))
    waits_for(page, f"clicked {PART[2]}")
