"""The Positions page in a real browser: each view looked at, each knob moved, and a number read back from the page."""

import re
import time

import numpy as np
import pytest

from embedcore.schemes.rope_parameters import SCALINGS
from pages.views.positions.views import VIEWS
from tests.e2e.conftest import settle
from tests.e2e.reader import chip, says, shoot
from tests.position_knobs import EXTENSION_KNOBS, KNOBS

pytestmark = pytest.mark.e2e
ALL = [
    "none", "learned", "sinusoidal", "shaw", "transformer-xl", "bert-relative-key", "bert-relative-key-query",
    "deberta", "t5", "alibi", "rope",
]  # fmt: skip
CHARTS = {"What is given": 10, "Scores": 11, "Distance": 1, "Rotation": 4, "Word order": 11, "Whole table": 4, "Formula and code": 0}  # fmt: skip


def address(view, schemes=("learned", "alibi", "rope"), **knobs):
    parts = [f"view={view.replace(' ', '+')}", *(f"schemes={name}" for name in schemes)]
    return "/positions?" + "&".join(parts + [f"{name}={value}" for name, value in knobs.items()])


def text_of(page):
    return page.locator('[data-testid="stMain"]').inner_text()


def traces(page, chart=0):
    """Return x, y and z of a chart's traces, as plotly holds them, once they are there: one look, not two."""
    return page.wait_for_function(
        f"""(() => {{
            const traces = document.querySelectorAll('.js-plotly-plot')[{chart}]?._fullData
            return traces?.length > 0 && traces.map(trace => ({{
                name: trace.name, x: Array.from(trace.x || []), y: Array.from(trace.y || []),
                z: trace.z ? Array.from(trace.z, row => Array.from(row)) : null }}))
        }})()"""
    ).json_value()


def changed(page, old):
    """Wait until the first chart's last row begins with a number that is not `old`."""
    page.wait_for_function(
        """old => {
            const now = document.querySelector('.js-plotly-plot')?._fullData?.[0].z[12][0]
            return now !== undefined && now !== old
        }""",
        arg=old,
    )


def wavelengths(page, scaling):
    """Return the wavelengths that the Rotation view draws for one extension of rope; none while it is drawn anew."""
    drawn, index = traces(page, 3), list(SCALINGS).index(scaling)
    return drawn[index]["y"] if index < len(drawn) else []


def after(page, before, read):
    """Return what is read, once it is there and differs from `before`."""
    deadline = time.monotonic() + 30
    while (now := read()) == before or not now:
        assert time.monotonic() < deadline, f"still {before}"
        page.wait_for_timeout(50)
    return now


def unfold(page, control):
    """Open the settings where a control stands in them, folded away."""
    if not control.is_visible():
        page.get_by_role("button", name="Heads and settings").click()
        control.wait_for()


def type_number(page, label, value):
    """Write `value` into a number box, as a person does, and wait until the page has followed."""
    unfold(page, page.get_by_label(label, exact=True).first)
    box = page.get_by_label(label, exact=True).first
    box.fill(str(value))
    box.press("Enter")
    page.wait_for_timeout(250)
    settle(page)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_every_scheme_is_drawn(open_page, view, scheme):
    page = open_page(address(view, ALL if scheme == "light" else ALL[1:6]), scheme=scheme)
    if scheme == "light":
        page.wait_for_function(f"document.querySelectorAll('.js-plotly-plot .main-svg').length >= {CHARTS[view]}")
        assert page.locator(".js-plotly-plot").count() == CHARTS[view]
    assert page.locator('[data-testid="stAlertContentError"], [data-testid="stException"]').count() == 0
    shoot(page, f"positions-{view.lower().replace(' ', '-')}-{scheme}")


@pytest.mark.parametrize(
    "view",
    [view if view in ("Scores", "Whole table") else pytest.param(view, marks=pytest.mark.long) for view in VIEWS],
)
def test_every_view_fits_a_narrow_screen(open_page, view):
    page = open_page(address(view), width=420)
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= 420
    shoot(page, f"positions-{view.lower().replace(' ', '-')}-narrow")


def test_schemes_are_picked_by_mouse_and_travel_in_the_link(open_page, server):
    page = open_page("/positions?view=Scores")
    page.get_by_role("button", name="t5", exact=True).click()
    page.wait_for_url("**schemes=t5**")
    settle(page)
    says(page, "bias")
    page.get_by_role("button", name="rope", exact=True).click()
    page.wait_for_function("!location.search.includes('schemes=rope')")
    settle(page)
    other = open_page(page.url.removeprefix(server.url))
    says(other, "T5")
    assert other.locator("h2:has-text('Rotary')").count() == 0


def test_heads_and_head_move_the_score(open_page):
    page = open_page(address("Scores", ["alibi"], shown="position's part"))
    assert traces(page)[0]["z"][12][0] == pytest.approx(-12 * 2**-2, abs=1e-5)
    type_number(page, "Head shown", 1)
    page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullData?.[0].z[12][0] > -1")
    assert traces(page)[0]["z"][12][0] == pytest.approx(-12 * 2**-4, abs=1e-5)
    type_number(page, "Number of heads", 8)
    page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullData?.[0].z[12][0] < -2")
    assert traces(page)[0]["z"][12][0] == pytest.approx(-12 * 2**-2, abs=1e-5)
    assert "heads=8" in page.url
    assert "head=1" in page.url
    type_number(page, "Number of heads", 5)
    says(page, "d_model 64 does not divide into 5 heads: choose one of 1, 2, 4, 8, 16, 32, 64")


def in_few(cases):
    """Send two of the cases through the browser in `make test`, all of them in `make test-long`; units try each."""
    return [*cases[:2], *(pytest.param(*case, marks=pytest.mark.long) for case in cases[2:])]


@pytest.mark.parametrize(("label", "value", "link", "schemes"), in_few(KNOBS))
def test_a_knob_moves_the_score_and_the_link(open_page, label, value, link, schemes):
    page = open_page(address("Scores", schemes, shown="position's part"))
    before = np.array(traces(page)[0]["z"])
    type_number(page, label, value)
    changed(page, before[12, 0])
    now = np.array(traces(page)[0]["z"])
    assert link in page.url
    assert np.abs(now - before).max() > 1e-3


@pytest.mark.parametrize(("scaling", "label", "value", "link"), in_few(EXTENSION_KNOBS))
def test_a_knob_of_an_extension_moves_its_wavelengths_or_its_factor(open_page, scaling, label, value, link):
    page = open_page(address("Rotation", ["rope"], scaling=scaling, target=4096))

    def shown():
        factor = re.search(r"attention factor, which multiplies cosines and sines, is ([\d.]+)\.", text_of(page))
        waves = wavelengths(page, scaling)
        return [*waves, float(factor[1])] if factor and waves else []

    says(page, "attention factor, which")
    before = after(page, [], shown)
    type_number(page, label, value)
    assert link in page.url
    assert after(page, before, shown) != before


def test_longropes_lists_are_written_and_read(open_page):
    page = open_page(address("Rotation", ["rope"], scaling="longrope", target=4096))
    before = wavelengths(page, "longrope")
    box = page.get_by_label("Long factors", exact=True)
    unfold(page, box)
    box.fill("1,2,3,4,5,6,7,8")
    box.press("Enter")
    page.wait_for_url("**rope_long_factors=**")
    now = after(page, before, lambda: wavelengths(page, "longrope"))
    np.testing.assert_allclose(np.array(now) / np.array(before), np.arange(1, 9) / 4, rtol=1e-9)
    box.fill("1,2")
    box.press("Enter")
    says(page, "long_factors has 2 numbers, but the 8 pairs of a head need 8, or 1 for all")


def test_longropes_short_factors_count_up_to_the_trained_length(open_page):
    page = open_page(address("Rotation", ["rope"], scaling="longrope", target=256))
    before = wavelengths(page, "longrope")
    box = page.get_by_label("Short factors", exact=True)
    unfold(page, box)
    box.fill("2")
    box.press("Enter")
    page.wait_for_url("**rope_short_factors=2**")
    now = after(page, before, lambda: wavelengths(page, "longrope"))
    np.testing.assert_allclose(np.array(now) / np.array(before), 2, rtol=1e-9)


@pytest.mark.parametrize(
    ("view", "label", "knobs", "reads"),
    [
        ("Distance", "Logarithmic distance axis", {}, "chart.layout.xaxis.type"),
        ("Distance", "Full range of scores", {}, "chart.layout.yaxis.range[0] < -100"),
        ("Scores", "One color scale for all schemes", {}, "chart._fullLayout.coloraxis.cmax"),
        ("Scores", "Causal mask for attention weights", {"shown": "attention"}, "chart._fullData[0].z[0][12] === 0"),
        ("Scores", "Normalize vectors before queries and keys (LayerNorm)", {}, "chart._fullData[0].z[0][0]"),
    ],
)
def test_a_switch_changes_the_picture_and_the_link(open_page, view, label, knobs, reads):
    page = open_page(address(view, ["t5", "alibi"], **knobs))
    chart = f"document.querySelectorAll('.js-plotly-plot')[{int(view == 'Scores')}]"
    # A chart that is being drawn anew is not there for a moment: nothing is read then.
    read = f"(() => {{ const chart = {chart}; return chart?._fullData?.length ? {reads} : undefined }})()"
    traces(page, int(view == "Scores"))
    before = page.evaluate(read)
    switch = page.get_by_text(label, exact=True)
    unfold(page, switch)
    switch.click()
    page.wait_for_function(f"old => {{ const now = {read}; return now !== undefined && now !== old }}", arg=before)
    assert len(page.url) > len("http://localhost:8501" + address(view, ["t5", "alibi"], **knobs))


def test_layout_and_extension_are_chosen_by_mouse(open_page):
    page = open_page(address("Rotation", ["rope"]))
    page.get_by_role("button", name="Heads and settings").click()
    page.wait_for_timeout(600)  # a list opened while the settings unfold closes again
    for label, option in (("Layout of the pairs", "interleaved"), ("Extension", "yarn")):
        page.locator('[data-testid="stSelectbox"]').filter(has_text=label).locator("input").click()
        page.get_by_role("option", name=option, exact=True).click()
        page.wait_for_url(f"**={option}**")
        settle(page)
    says(page, "cosines and sines, is 1.1386")


def test_the_layout_of_the_pairs_moves_the_strips(open_page):
    half = traces(open_page(address("What is given", ["rope"])))[0]["z"]
    interleaved = traces(open_page(address("What is given", ["rope"], layout="interleaved")))[0]["z"]
    np.testing.assert_allclose(np.array(half)[:, 0], np.array(half)[:, 8])
    np.testing.assert_allclose(np.array(interleaved)[:, 0], np.array(interleaved)[:, 1])


@pytest.mark.long
def test_both_switches_of_the_schemes_move_the_score(open_page):
    for schemes, key in ((["sinusoidal"], "row_scale"), (["t5"], "t5_both")):
        on = traces(open_page(address("Scores", schemes)))[0]["z"]
        off = traces(open_page(address("Scores", schemes, **{key: "false"})))[0]["z"]
        assert np.abs(np.array(on) - np.array(off)).max() > 1e-3, key
    on = traces(open_page(address("Scores", ["alibi"])))[0]["z"]
    off = traces(open_page(address("Scores", ["alibi"], normalize="false")))[0]["z"]
    assert np.abs(np.array(on) - np.array(off)).max() > 1


def test_the_distance_reaches_as_far_as_asked_and_one_frequency_is_a_cosine(open_page):
    page = open_page(address("Distance", ["rope"], part="score"))
    every = traces(page)[0]
    assert every["x"][-1] == 4096
    pairs = page.locator('[data-testid="stSelectbox"]').filter(has_text="Frequency pairs shown").locator("input")
    unfold(page, pairs)
    page.wait_for_timeout(600)
    pairs.click()
    page.get_by_role("option", name="1", exact=True).click()
    page.wait_for_url("**pair=1**")
    wave = after(page, every, lambda: traces(page)[0])
    back, score = np.array(wave["x"]), np.array(wave["y"])
    one = score[back == 1][0] / np.cos(10_000 ** (-2 / 16))
    np.testing.assert_allclose(score, one * np.cos(back * 10_000 ** (-2 / 16)), rtol=0, atol=1e-3 * abs(one))
    type_number(page, "Largest distance drawn", 9000)
    assert after(page, wave, lambda: traces(page)[0])["x"][-1] == 9000
    assert "reach=9000" in page.url
    type_number(page, "Largest distance drawn", 0)
    says(page, "reach is 0, but must be 1 or more")


def test_the_clock_turns_with_the_place(open_page):
    page = open_page(address("Rotation", ["rope"]))
    type_number(page, "Position of the clock hand", 3)
    says(page, "At position 3, pair 0 is rotated by 3 × 1.0000 rad; without full turns that is 171.9°")
    hand = traces(page)[2]
    assert hand["x"][1] == pytest.approx(np.cos(3), abs=1e-5)
    type_number(page, "First pair shown", 2)
    says(page, "pair 2 is rotated by 3 × 0.1000 rad; without full turns that is 17.2°")


def test_another_token_asks_when_it_is_clicked(open_page):
    page = open_page(address("What is given", ["alibi"]))
    before = traces(page)[0]["z"]
    assert [row for row in range(13) if before[row][0] == 0] == [10]  # the token that every page explains
    chip(page, 0).click()
    page.wait_for_url("**token=0**")
    settle(page)
    changed(page, before[12][0])
    assert traces(page)[0]["z"][12][0] == -3


def test_two_orders_of_the_same_words(open_page):
    page = open_page(address("Word order", ["none", "rope"]))
    says(page, "all 36 of 36 scores between the same two tokens are equal")
    says(page, "18 of 36 scores differ")
    box = page.get_by_label("The same words in another order", exact=True)
    box.fill("The tuple is in the dict")
    box.press("Enter")
    says(page, "1 and 1 tokens of their own, of 6 and 6")
    assert box.input_value() == "The tuple is in the dict"


def test_views_keep_what_was_set_in_them(open_page):
    page = open_page(address("Distance", ["alibi"]))
    type_number(page, "Largest distance drawn", 500)
    for view in ("Scores", "Distance"):
        page.get_by_role("button", name=view, exact=True).or_(
            page.get_by_role("radio", name=view, exact=True)
        ).first.click()
        page.wait_for_timeout(400)
        settle(page)
    box = page.get_by_label("Largest distance drawn", exact=True)
    unfold(page, box)
    assert box.input_value() == "500"
