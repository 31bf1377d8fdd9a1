"""A reader's way through the space, in a real browser: search, select, follow, compare, compute, audit."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from scipy.spatial import cKDTree

import embedcore
from embedcore.maps.file import map_path, read_map, vectors_sha256
from embedcore.model.id_sets import pack_ids, unpack_ids
from embedcore.tokens.labels import token_label
from tests.e2e.conftest import settle
from tests.e2e.overlay.reader import center, hover, labeled, place, seen
from tests.e2e.reader import says, shoot
from tests.pages.test_neighbors_page import oracle
from tests.serving import serve

pytestmark = pytest.mark.e2e
FIRST, SECOND = "map_chart", "map2_chart"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose maps are its own: what is computed here is computed anew every time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with serve(tmp_path_factory.mktemp("space") / "log.txt") as running:
            yield running
    assert "Traceback" not in running.output()


@pytest.fixture(scope="module")
def tsne(pydoc):
    return read_map(map_path(pydoc.file.path, "tsne", 2), vectors_sha256(pydoc.table)).coordinates


@pytest.fixture
def open_map(open_page):
    """Open the Map page by a link, tall enough to have the maps in sight, and wait until its labels are drawn."""

    def open_(charts=(FIRST,), **params):
        page = open_page(f"/map?{urlencode({'model': 'pydoc-gpt', 'show_text': 'false', **params})}")
        page.set_viewport_size({"width": 1440, "height": 1800})
        for chart in charts:
            labeled(page, chart)
        return page

    return open_


def link(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def traces(page, chart=FIRST):
    """Return the names of a chart's traces, each with its number of points."""
    return dict(
        page.evaluate(
            f"document.querySelector('.st-key-{chart} .js-plotly-plot')._fullData.map(t => [t.name, t.x.length])"
        )
    )


def waits_for_trace(page, name, n_points, chart=FIRST):
    page.wait_for_function(
        """([chart, name, n]) => document.querySelector(`.st-key-${chart} .js-plotly-plot`)?._fullData
               ?.some(trace => trace.name === name && trace.x.length === n)""",
        arg=[chart, name, n_points],
    )


def listed(page, title):
    """Return the ids of a list to follow, in its order."""
    group = page.locator(f':is(.follow, .ranked)[aria-label*="{title}"]')
    group.locator("button").first.wait_for()
    return [int(token_id) for token_id in group.locator(".id").all_text_contents()]


def alone(coordinates):
    """Return the row whose nearest other point is the farthest: no other lies under the mouse there."""
    gaps = cKDTree(coordinates).query(coordinates, k=2)[0][:, 1]
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    is_in = ((coordinates > low + 0.1 * (high - low)) & (coordinates < high - 0.1 * (high - low))).all(axis=1)
    return int(np.where(is_in, gaps, 0).argmax())


def label(model, token_id):
    return token_label(model.tokenizer.token_bytes(int(token_id)))


def test_a_search_rings_what_it_finds(open_map, pydoc):
    page = open_map(method="t-SNE")
    assert "matches" not in traces(page)
    box = page.get_by_role("textbox", name="Find tokens")
    box.fill(" list")
    box.press("Enter")
    says(page, "11 tokens match, ringed on the map.")
    waits_for_trace(page, "matches", 11)
    ids = page.evaluate(
        f"""Array.from(document.querySelector('.st-key-{FIRST} .js-plotly-plot')._fullData
            .find(trace => trace.name === 'matches').customdata)"""
    )
    assert ids == [i for i in range(50_257) if b" list" in (pydoc.tokenizer.token_bytes(i) or b"")]
    assert link(page)["find"] == " list"


def test_an_area_is_selected_listed_and_linked(open_map, open_page, server, pydoc, tsne):
    page = open_map(method="t-SNE")
    page.locator(f".st-key-{FIRST}").get_by_role("button", name="Select an area").click()
    x, y = place(page, FIRST, 1351)
    page.mouse.move(x - 30, y - 40)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=6)
    page.mouse.up()
    says(page, "In the box:")
    page.wait_for_url("**box=0**")
    settle(page)
    index, *box = (int(end) for end in link(page)["box"].split(",")[:5])
    assert index == 0
    wide = tsne.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    steps = np.rint((wide - wide.min(axis=0)) / unit) - 32_767
    inside = np.flatnonzero(((steps >= [box[0], box[2]]) & (steps <= [box[1], box[3]])).all(axis=1))
    assert 1351 in inside
    corners = np.array([[steps[1351][0], steps[1351][1]]]) - [[box[0], box[2]], [box[1], box[3]]]
    # The box is where the mouse went: 30 pixels to the left and 60 to the right, 30 below and 40 above.
    np.testing.assert_allclose(corners[0] / [30, 30], -corners[1] / [60, 40], rtol=0.15, atol=0)
    says(page, f"In the box: {len(inside):,} tokens")
    assert listed(page, "in the box") == inside[:40].tolist()
    shoot(page, "space-box")
    other = open_page(page.url.removeprefix(server.url))
    says(other, f"In the box: {len(inside):,} tokens")
    assert listed(other, "in the box") == inside[:40].tolist()
    shapes = f"document.querySelector('.st-key-{FIRST} .js-plotly-plot')?._fullLayout?.shapes?.map(s => [s.x0, s.x1, s.y0, s.y1])"
    other.wait_for_function(f"{shapes}?.length")
    assert other.evaluate(shapes) == [box]


def test_a_point_is_clicked_and_its_neighbors_followed(open_map, pydoc, tsne):
    page = open_map(method="t-SNE")
    token_id = alone(tsne)
    hover(page, *place(page, FIRST, token_id))
    assert seen(page, FIRST, ".tooltip")[0]["text"].startswith(f"{label(pydoc, token_id)}id {token_id}")
    page.mouse.click(*place(page, FIRST, token_id))
    says(page, "is tied to its 15 nearest in all dimensions")
    waits_for_trace(page, "true neighbors", 45)
    settle(page)
    assert (link(page)["ties"], link(page)["tied"]) == ("true", str(token_id))
    order, _ = oracle(pydoc.table, pydoc.table[token_id], "cosine", without=[token_id])
    says(page, " ".join(label(pydoc, near) for near in order[:8]))
    shoot(page, "space-ties")
    page.get_by_role("link", name="Its neighbors as a list").click()
    page.wait_for_selector("h1:has-text('Neighbors')")
    settle(page)
    assert listed(page, "20 neighbors") == order[:20].tolist()
    near = int(order[2])
    page.locator('.ranked[aria-label*="20 neighbors"] button').nth(2).click()
    page.wait_for_url(f"**id={near}**")
    says(page, f"Nearest to {label(pydoc, near)} ({near})")
    settle(page)
    order, scores = oracle(pydoc.table, pydoc.table[near], "cosine", without=[near])
    page.locator(f'.ranked[aria-label*="20 neighbors"] button[aria-label*=", id {order[0]},"]').wait_for()
    assert listed(page, "20 neighbors") == order[:20].tolist()
    shown = page.locator('.ranked[aria-label*="20 neighbors"] .score').all_text_contents()
    assert shown == [f"{score:.4f}" for score in scores[order[:20]]]


def test_two_maps_are_hovered_together(open_map, pydoc, tsne):
    page = open_map((FIRST, SECOND), compare="true", method2="t-SNE", dimensions="2-D")
    says(page, "Whose neighborhoods changed")
    assert traces(page)["vocabulary"] == traces(page, SECOND)["vocabulary"] == 50_257
    for chart, other, coordinates in (
        (SECOND, FIRST, tsne),
        (FIRST, SECOND, embedcore.project(pydoc.table).coordinates),
    ):
        token_id = alone(coordinates)
        hover(page, *place(page, chart, token_id))
        assert seen(page, chart, ".tooltip")[0]["text"].startswith(f"{label(pydoc, token_id)}id {token_id}")
        [ring] = seen(page, other, ".ring")
        assert center(ring) == pytest.approx(tuple(place(page, other, token_id)), abs=2)
        assert seen(page, other, ".tooltip") == []
    shoot(page, "space-compare")


def test_a_map_is_computed_before_the_readers_eyes(open_page, pydoc):
    ids = np.arange(300, 900)
    params = {"model": "pydoc-gpt", "method": "t-SNE", "rows": "picked", "picked": pack_ids(ids, 50_257)}
    page = open_page(f"/map?{urlencode(params)}")
    says(page, "This map is not computed yet.")
    page.get_by_role("button", name="Compute").click()
    page.get_by_role("progressbar").wait_for()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_text(re.compile(r"^(exact neighbors|t-SNE|fidelity|clusters) · \d+%$")).wait_for()
    page.wait_for_selector(f".st-key-{FIRST} .js-plotly-plot .main-svg", timeout=60_000)
    says(page, "600 points, none left out")
    says(page, "Trustworthiness 0.")
    assert traces(page)["vocabulary"] == 600
    assert page.get_by_role("button", name="Compute").count() == 0


def test_a_map_that_takes_too_long_is_cancelled(open_page):
    page = open_page(f"/map?{urlencode({'model': 'pydoc-gpt', 'method': 't-SNE', 'seed': 7})}")
    page.get_by_role("button", name="Compute").click()
    page.get_by_text(re.compile(r"^exact neighbors · \d+%$")).wait_for(timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    says(page, "Cancelled: nothing was kept.")
    settle(page)
    assert page.get_by_role("progressbar").count() == 0
    assert page.get_by_role("button", name="Compute").count() == 1
    page.get_by_text("PCA", exact=True).click()  # and the page goes on
    says(page, "50,257 points, none left out")


def test_the_audits_threshold_moves_precision_and_recall(open_page, pydoc):
    page = open_page("/audit?model=pydoc-gpt")
    says(page, "precision 100.0%, recall 100.0%")
    track = page.locator('[data-testid="stSlider"]').bounding_box()
    thumb = page.get_by_role("slider").bounding_box()
    y = thumb["y"] + thumb["height"] / 2
    is_untouched = np.ones(50_257, bool)
    is_untouched[unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257)] = False
    norms = np.sqrt((pydoc.table.astype(np.float64) ** 2).sum(axis=1))
    said = set()
    for share in (0.5, 0.02):  # many trained rows flagged; few of the untouched, whose norms lie at the low end
        page.mouse.click(track["x"] + share * track["width"], y)
        page.wait_for_url(lambda url: "threshold=" in url and url not in said)
        settle(page)
        said.add(page.url)
        is_flagged = norms <= float(link(page)["threshold"])
        n_hits = int((is_flagged & is_untouched).sum())
        says(page, f"{is_flagged.sum():,} of 50,257 rows are flagged")
        measured = f"precision {n_hits / is_flagged.sum():.1%}, recall {n_hits / is_untouched.sum():.1%}"
        says(page, measured)
        said.add(measured)
    assert len(said) == 4
