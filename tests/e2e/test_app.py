"""A person's path through the running app, in headless Chromium: every page, light and dark, and what it says."""

import hashlib
import io
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import embedcore
from embedcore.tokens.labels import token_label
from tests.e2e.conftest import settle
from tests.e2e.reader import chip, says, shoot
from tests.serving import ROOT, STREAMLIT, UVICORN, serve

pytestmark = pytest.mark.e2e

# A page, its title, how many charts it draws at first, and a sentence with a real number in it.
PAGES = {
    "": ("What the first layer does", 2, "token_embeddings [1, 13, 64]"),
    "tokens": ("Tokens", 0, "13 tokens out of a vocabulary of 200,019"),
    "batches": ("Batches", 2, "input_embeddings [3, 4, 64]"),
    "lookup": ("Lookup", 3, "the largest difference between its rows is 0"),
    "positions": ("Positions", 3, "position vector [13, 64]"),
    "sum": ("Sum", 5, "With positions 4 of 6 are"),
    "neighbors": ("Neighbors", 1, "all 50,256 rows were compared with the query, and 1 of 50,257 was left out"),
    "map": ("Map", 1, "50,257 points, none left out"),
    "audit": ("Audit", 2, "37,977 of 50,257 rows it never touched. This threshold flags 37,977 rows"),
}


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        *((path, "light") for path in PAGES),
        *((path, "dark") for path in ("", "map")),
        *(pytest.param(path, "dark", marks=pytest.mark.long) for path in PAGES if path not in ("", "map")),
    ],
)
def test_every_page_by_a_deep_link(open_page, path, scheme):
    title, n_charts, sentence = PAGES[path]
    page = open_page(f"/{path}", scheme=scheme)
    assert page.locator("h1").inner_text() == title
    page.wait_for_function(f"document.querySelectorAll('.js-plotly-plot .main-svg').length >= {n_charts}")
    assert page.locator(".js-plotly-plot").count() == n_charts
    says(page, sentence)
    assert "Page not found" not in page.locator("body").inner_text()
    figures = page.locator(
        '[data-testid="stPlotlyChart"][role="figure"], [data-testid="stPlotlyChart"] [role="figure"]'
    )
    names = figures.evaluate_all("figures => figures.map(figure => figure.getAttribute('aria-label') ?? '')")
    assert len(names) == len(set(names)) == n_charts
    assert all(len(name) > 20 for name in names), names
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).backgroundColor")
    assert (np.mean([int(part) for part in background[4:-1].split(",")]) > 128) == (scheme == "light")
    shoot(page, f"{path or 'overview'}-{scheme}")


@pytest.mark.parametrize("command", [STREAMLIT, UVICORN], ids=lambda command: command[0])
def test_a_cold_server_shows_a_deep_link_at_once(browser, tmp_path, command):
    with serve(tmp_path / "log.txt", command) as cold:
        page = browser.new_page()
        page.goto(f"{cold.url}/sum")
        settle(page)
        assert page.locator("h1").inner_text() == "Sum"
        assert page.get_by_test_id("stTopNavLink").count() == 9
        assert "Page not found" not in page.locator("body").inner_text()
        page.close()


def test_a_token_chosen_by_keyboard_is_chosen_on_every_page_and_in_the_link(open_page, server):
    page = open_page("/")
    chip(page, 5).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**token=5**")
    settle(page)
    says(page, "is row 46545")
    assert chip(page, 5).get_attribute("aria-pressed") == "true"
    page.get_by_role("link", name="Sum").click()
    page.wait_for_selector("h1:has-text('Sum')")
    settle(page)
    assert "token=5" in page.url
    assert chip(page, 5).get_attribute("aria-pressed") == "true"
    says(page, "Token 5 ␣tuple is row 46545")
    other = open_page(page.url.removeprefix(server.url))
    says(other, "Token 5 ␣tuple is row 46545")


def test_text_and_model_survive_page_changes_and_travel_in_the_link(open_page, server):
    page = open_page("/?model=random-gpt2")
    box = page.get_by_role("textbox", name="Text")
    box.fill("Every effort moves you")
    box.press("Control+Enter")
    page.wait_for_url("**text=Every**")
    settle(page)
    ids = embedcore.get_tokenizer("gpt2").encode("Every effort moves you").token_ids.tolist()
    says(page, "token_embeddings [1, 4, 256]")
    for name in ("Lookup", "Tokens", "Overview"):
        page.get_by_role("link", name=name).click()
        page.wait_for_timeout(300)
        settle(page)
        assert page.get_by_role("textbox", name="Text").input_value() == "Every effort moves you"
        assert "model=random-gpt2" in page.url
        assert chip(page, 3).get_attribute("aria-label") == f"token 3, ␣you, id {ids[3]}"
    other = open_page(page.url.removeprefix(server.url))
    assert other.get_by_role("textbox", name="Text").input_value() == "Every effort moves you"
    says(other, "token_embeddings [1, 4, 256]")


def test_markup_in_text_and_link_is_shown_never_run(open_page, server):
    attack = 'x <!-- <img src=x onerror="alert(1)"><script>alert(2)</script>[x](javascript:alert(3))'
    page = open_page("/?text=" + urllib.request.quote(attack) + "&model=" + urllib.request.quote(attack))
    assert page.get_by_role("textbox", name="Text").input_value() == attack
    # One token is " <!--": read as markup it would vanish from its chip.
    expected = [token_label(token) for token in embedcore.get_tokenizer("gpt2").encode(attack).token_bytes]
    labels = page.locator(".chips button .label")
    labels.nth(len(expected) - 1).wait_for(
        state="attached"
    )  # the chips are drawn by their own script, a moment after the page
    assert labels.all_text_contents() == expected
    assert "␣<!--" in expected
    says(page, "is not known here")
    for name in ("Tokens", "Lookup", "Sum", "Map"):
        page.get_by_role("link", name=name).click()
        page.wait_for_timeout(300)
        settle(page)
        assert page.locator('[data-testid="stMain"] img[src="x"]').count() == 0
        assert page.locator('[data-testid="stMain"] a[href^="javascript"]').count() == 0
    assert "is not known here" not in page.locator('[data-testid="stMain"]').inner_text()


def test_the_log_never_holds_a_readers_text(open_page, server):
    open_page("/tokens?text=xyzzysecret")
    open_page("/map?find=plughsecret")
    assert "secret" not in server.output()


def test_an_unknown_page_says_so(open_page):
    page = open_page("/nowhere")
    assert "Page not found" in page.locator("body").inner_text()


def test_a_text_past_the_context_keeps_the_text_and_moves_a_window(open_page):
    page = open_page("/")
    box = page.get_by_role("textbox", name="Text")
    box.fill("tuple list " * 300)
    box.press("Control+Enter")
    says(page, "has 256 positions")
    settle(page)
    says(page, "token_ids [1, 256]")
    assert len(box.input_value()) == 3300
    assert "text=~zlib~" in page.url
    says(page, "The link holds this text in compressed form")


def test_the_table_behind_a_picture_downloads_the_files_numbers(open_page):
    import csv

    page = open_page("/")
    page.get_by_text("Numbers", exact=True).first.click()
    with page.expect_download() as waiting:
        page.get_by_test_id("stMain").get_by_test_id("stDownloadButton").get_by_role("button").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    model = embedcore.open_model("pydoc-gpt", provider="cpu")
    layer = model.run(model.tokenizer.encode("A list is like a tuple, but a tuple cannot change.").token_ids)
    found = {row["vector"]: [np.float32(row[str(d)]) for d in range(64)] for row in rows if row["token"] == "5 ␣tuple"}
    np.testing.assert_array_equal(found["token"], layer.token_embeddings[0, 5])
    np.testing.assert_array_equal(found["position"], layer.position_embeddings[5])
    np.testing.assert_array_equal(found["input"], layer.input_embeddings[0, 5])


def test_the_map_draws_its_points_and_rings_what_is_found(open_page):
    page = open_page("/map?find=+list")
    page.wait_for_selector(".js-plotly-plot .gl-canvas, .js-plotly-plot canvas")
    page.wait_for_timeout(2500)
    traces = page.evaluate("document.querySelector('.js-plotly-plot')._fullData.map(t => [t.name, t.type, t.x.length])")
    assert ["vocabulary", "scattergl", 50257] in traces
    assert ["matches", "scattergl", 11] in traces
    picture = page.locator(".js-plotly-plot").screenshot()
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).reshape(-1, 3).astype(int)
    ring = np.abs(pixels - [0xB3, 0x00, 0x5E]).sum(axis=1) < 40
    assert ring.sum() > 50
    assert len(np.unique(pixels // 8, axis=0)) > 20


def test_three_dimensions_draw_too(open_page):
    page = open_page("/map?dimensions=3-D")
    page.wait_for_selector(".js-plotly-plot .gl-container canvas")
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot')?._fullLayout?.scene?._scene?.glplot?.cameraParams"
    )
    assert page.evaluate("document.querySelector('.js-plotly-plot').data[0].type") == "scatter3d"
    shoot(page, "map-3d-light")


def test_searching_a_vocabulary_and_bad_bytes(open_page):
    page = open_page("/tokens?query=e2+8&by=bytes")
    says(page, "is no hexadecimal bytes")
    box = page.get_by_role("textbox", name="Search")
    box.fill("e2 80")
    box.press("Enter")
    page.wait_for_function(
        "document.querySelector('[data-testid=\"stMain\"]').innerText.includes('tokens of gpt2 match')"
    )


def test_the_server_hands_out_the_model_files_and_nothing_else(server):
    with urllib.request.urlopen(f"{server.url}/api/models/toy.onnx") as answer:
        found = hashlib.sha256(answer.read()).hexdigest()
    assert found == hashlib.sha256((ROOT / "models" / "toy.onnx").read_bytes()).hexdigest()
    for name in ("nothing", "..%2f..%2fREADME", "%2e%2e"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{server.url}/api/models/{name}.onnx")
        assert refused.value.code in {400, 404}
        refused.value.close()


def test_the_server_never_imports_torch(server):
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "onnxruntime" in maps
    assert "libtorch" not in maps
