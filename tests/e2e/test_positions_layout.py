"""The Positions page keeps its picture near the top and every choice in sight, on a laptop and on a phone."""

import pytest

from tests.e2e.reader import chip

pytestmark = pytest.mark.e2e

BOXES = """names => Object.fromEntries(names.map(name => [name, [...document.querySelectorAll(name)].map(part => {
    const box = part.getBoundingClientRect()
    return [box.left, box.top, box.right, box.bottom]
})]))"""
VIEWS = '.st-key-view [data-testid="stButtonGroup"] button'
SCHEMES = '.st-key-schemes [data-testid="stButtonGroup"] button'
CARDS = '[class*="st-key-card_"]'
CHART = ".js-plotly-plot"


def boxes(page):
    """Return where the choices, the cards and the charts stand once a chart is drawn: left, top, right, bottom in px."""
    page.wait_for_selector(f"{CHART} .main-svg")
    page.wait_for_timeout(300)
    return page.evaluate(BOXES, [VIEWS, SCHEMES, CARDS, CHART])


def test_on_a_laptop_the_charts_begin_within_373_px_and_side_by_side_at_one_height(open_page):
    names = ("shaw", "bert-relative-key-query", "t5")
    schemes = "&".join(f"schemes={name}" for name in names)
    for view in ("What is given", "Scores", "Distance", "Word order"):
        page = open_page(f"/positions?{schemes}&view={view.replace(' ', '+')}", width=1400)
        page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3")
        tops = {round(box[1]) for box in boxes(page)[CHART][:3]}
        assert len(tops) == 1, (view, tops)
        assert tops.pop() <= 373, view
    for name in ("One sentence", "The same words in another order"):
        assert page.get_by_text(name, exact=True).is_visible()
    for shown in ("score", "attention"):  # of a model with queries and keys
        page = open_page(f"/positions?model=smollm2-135m&view=Scores&shown={shown}", width=1400)
        assert boxes(page)[CHART][0][1] <= 373, shown


@pytest.mark.parametrize(("width", "first", "most_rows"), [(390, 660, 3), (660, 575, 2)])
def test_on_a_narrow_screen_every_choice_is_in_sight_and_a_chart_begins_early(open_page, width, first, most_rows):
    page = open_page("/positions", width=width)
    chip(page, 0).wait_for()
    there = boxes(page)
    choices = there[VIEWS] + there[SCHEMES]
    assert len(choices) == 7 + 11
    assert all(box[0] >= 0 and box[2] <= width for box in choices)
    assert all(box[3] - box[1] >= 24 for box in choices)
    assert len({round(box[1]) for box in there[SCHEMES]}) <= most_rows
    assert there[CHART][0][1] <= first
    assert all(box[2] <= width for box in there[CARDS] + there[CHART])
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= width
