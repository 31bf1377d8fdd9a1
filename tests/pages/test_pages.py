"""Every page through Streamlit's own test runner: it runs, says the right numbers, and takes bad input in place."""

import json
import re

import numpy as np
import pytest

import embedcore
from tests.pages.apptest import PAGES, ROOT, TEXT, by_link, charts, typed, visit, words
from tests.seen import seen


def test_there_are_the_nine_pages():
    names = ("audit", "batches", "lookup", "map", "neighbors", "overview", "positions", "sum", "tokens")
    assert [f"{name}.py" for name in names] == PAGES


@pytest.mark.parametrize("model", ["pydoc-gpt", "random-gpt2", "toy"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_with_every_model(page, model):
    at = visit(page, model=model, text="fox jumps over dog" if model == "toy" else TEXT)
    assert not at.exception
    title = "What the first layer does" if page == "overview.py" else page.removesuffix(".py").capitalize()
    assert [each.value for each in at.title] == [title]
    alts = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert len(set(alts)) == len(alts)  # each says what it shows, and no two the same
    assert all(len(alt) > 20 for alt in alts), alts


def test_chips_past_512_are_counted():
    sentence = "The first 512 of {} tokens are drawn here."
    at = visit("tokens.py", text="a " * 600)
    n_tokens = len(embedcore.get_tokenizer("gpt2").encode("a " * 600).token_ids)
    assert sentence.format(n_tokens) in [caption.value for caption in at.caption]
    at = visit("tokens.py", text="a" + " a" * 511)
    assert "tokens are drawn here" not in words(at)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "🙂🙃", "\x00\x07\u202e\u200b", "<script>alert(1)</script> **x** `y` $z$", "tuple " * 3000, "naïve 日本語 \r\n\t", "word" * 25_000],
)  # fmt: skip
def test_every_page_takes_any_text(page, text):
    at = visit(page, text=text)
    assert not at.exception
    assert at.session_state["text"] == text


@pytest.mark.parametrize(
    ("ids", "message"),
    [("-1", "-1 is outside 0…50256"), ("99999999", "99999999 is outside 0…50256"), ("1.5", "'1.5' is no token id"),
     ("1, two", "'two' is no token id"), ("9" * 30, "is no token id")],
)  # fmt: skip
def test_bad_ids_are_named_in_place_and_kept(ids, message):
    at = visit(write="token ids", ids=ids)
    assert not at.exception
    assert message in words(at)
    assert at.session_state["ids"] == ids


def test_overview_draws_the_numbers_of_the_file(pydoc):
    at = visit(text=TEXT)
    layer = pydoc.run(pydoc.tokenizer.encode(TEXT).token_ids)
    strips = [trace for trace in charts(at)[0]["data"] if trace["type"] == "heatmap"]
    for strip, expected in zip(
        strips, (layer.token_embeddings[0], layer.position_embeddings, layer.input_embeddings[0]), strict=True
    ):
        np.testing.assert_array_equal(typed(strip["z"]), expected)
    assert "`token_ids [1, 13]`" in words(at)
    assert "`token_embeddings [1, 13, 64]`" in words(at)
    assert "`position_embeddings [13, 64]`" in words(at)


def test_a_chosen_token_is_framed_on_every_page():
    at = visit(text=TEXT, token=5)
    assert "5 ␣tuple" in words(at)
    assert len(charts(at)[0]["layout"]["shapes"]) == 3
    assert [shape["y0"] for shape in charts(at)[0]["layout"]["shapes"]] == [4.5] * 3


@pytest.mark.parametrize("page", PAGES)
def test_a_text_cut_to_the_very_chosen_token_frees_it(page):
    at = by_link(page, text=" list" * 6, token="5", **({"ask": "this text"} if page == "neighbors.py" else {}))
    has_token = page not in {"batches.py", "audit.py"}
    assert at.query_params.get("token") == ("5" if has_token else None)
    at.text_area(key="text").set_value(" list" * 5).run()
    assert not at.exception
    assert "token" not in at.query_params
    assert not has_token or at.session_state["token"] is None


def test_a_text_past_the_context_is_read_through_a_window_that_says_so(pydoc):
    text = "tuple list " * 400
    n_tokens = len(pydoc.tokenizer.encode(text).token_ids)
    at = visit(text=text)
    assert f"{n_tokens:,} tokens; pydoc-gpt has 256 positions" in words(at)
    at.number_input(key="first").set_value(100).run()
    assert "`token_ids [1, 256]`" in words(at)
    labels = charts(at)[0]["data"][0]["y"]
    assert labels[0].startswith("100 ")


def test_tokens_shows_both_tokenizers_and_the_merges():
    at = visit("tokens.py", text=TEXT, token=5)
    assert "**13 tokens** out of a vocabulary of 50,257" in words(at)
    assert "of 200,019" in words(at)
    assert "␣tuple" in at.table[0].value.to_string()


def test_tokens_searches_the_whole_vocabulary():
    at = visit("tokens.py", text=TEXT)
    at.text_input(key="query").set_value(" list").run()
    assert "**11** of 50,257 tokens of gpt2 match." in words(at)
    at.text_input(key="query").set_value("zz").run()
    at.button_group(key="by").set_value("bytes").run()
    assert "'zz' is no hexadecimal bytes" in words(at)
    assert at.text_input(key="query").value == "zz"


def test_lookup_draws_the_toy_and_says_that_repeated_ids_share_a_row():
    at = visit("lookup.py", text=TEXT)
    product = charts(at)[2]["data"][2]
    np.testing.assert_allclose(typed(product["z"])[1], [-0.4015, 0.9666, -1.1481], rtol=0, atol=5e-5)
    for index in (0, 2):  # ids name the columns: a numeric axis would stretch them
        axes = charts(at)[index]["layout"]
        assert {axes[name]["type"] for name in ("xaxis", "yaxis", "yaxis2", "yaxis3")} == {"category"}
    one_hot = typed(charts(at)[0]["data"][0]["z"])
    np.testing.assert_array_equal(one_hot.sum(axis=1), np.ones(13))
    assert "stands at positions 5, 9; the largest difference between its rows is 0." in words(at)


def test_sum_tells_the_two_sentences_apart_only_with_positions():
    said = words(visit("sum.py", text=TEXT))
    assert "**Without positions** 6 of 6 rows are the same" in said
    assert "**With positions** 4 of 6 are." in said
    apart = re.search(r"input vectors ([\d.]+): just as far as positions 5 and 9, ([\d.]+)\.", said)
    assert apart
    assert apart[1] == apart[2] != "0.0000"


def test_batches_are_those_of_the_chapter():
    at = visit("batches.py", model="random-gpt2", batches_of="a story", drop_last=True)
    assert "`inputs [8, 4]`" in words(at)
    assert "`token_embeddings [8, 4, 256]`" in words(at)
    assert "`position_embeddings [4, 256]`" in words(at)
    inputs, targets = (frame.value.to_numpy() for frame in at.dataframe[:2])
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
    at.number_input(key="stride").set_value(1).run()
    assert "share 3 of 4 tokens" in words(at)
    at.number_input(key="batch_size").set_value(64).run()
    at.number_input(key="max_length").set_value(150).run()
    assert "23 windows do not fill one batch of 64" in words(at)
    at.number_input(key="max_length").set_value(1000).run()
    assert "173 tokens, and one window of 1000 needs 1001" in words(at)
    assert not at.exception


def test_map_draws_every_row_under_a_megabyte(pydoc):
    for dimensions in ("2-D", "3-D"):
        at = visit("map.py", dimensions=dimensions, text=TEXT, find=" list")
        spec = at.get("plotly_chart")[0].proto.spec
        assert len(spec.encode()) <= 1_000_000
        cloud = json.loads(spec)["data"][0]
        n_components = int(dimensions[0])
        exact = embedcore.project(pydoc.table, n_components=n_components).coordinates
        assert {cloud[axis]["dtype"] for axis in "xyz"[:n_components]} == {"i2"}
        assert cloud["marker"]["color"]["dtype"] == "u1"
        assert "text" not in cloud  # hover names come from the overlay, once
        drawn = np.stack([typed(cloud[axis]).astype(float) for axis in "xyz"[:n_components]], axis=1)
        assert drawn.shape == (50257, n_components)
        unit = np.ptp(exact.astype(float), axis=0).max() / 65534
        np.testing.assert_allclose((drawn + 32767) * unit + exact.min(axis=0), exact, rtol=0, atol=0.51 * unit)
        assert "**11** tokens match, ringed on the map." in words(at)
        matches = next(trace for trace in json.loads(spec)["data"] if trace["name"] == "matches")
        assert typed(matches["x"]).shape == (11,)
        assert "50,257 points, none left out" in words(at)
        assert f"drag to {'move' if dimensions == '2-D' else 'turn'}" in words(at)
    assert json.loads(spec)["layout"]["scene"]["dragmode"] == "orbit"


@pytest.mark.parametrize(
    ("param", "value", "message"),
    [("model", "gpt-9", "model = `'gpt-9'`, which is not known"), ("write", "x", "write = `'x'`"), ("provider", "tpu", "provider"),
     ("token", "999", "token `'999'`; this text has tokens 0 to 12"), ("token", "-1", "token = `'-1'`"),
     ("model", "<script>alert(1)</script>", "`'<script>alert(1)</script>'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so(param, value, message):
    at = by_link(**{param: value})
    assert not at.exception
    assert message in words(at)


def test_a_linked_text_that_is_too_long_says_so():
    at = by_link(text="a" * 100_001)
    assert not at.exception
    assert "100,001 characters; 100,000 is the most" in words(at)


@pytest.mark.parametrize("content", [b"", b"not a model", "half"])
def test_a_model_file_that_is_broken_is_named_in_place(tmp_path, monkeypatch, content):
    toy = (ROOT / "models" / "toy.onnx").read_bytes()
    (tmp_path / "mine.onnx").write_bytes(toy[:900] if content == "half" else content)
    (tmp_path / "toy.onnx").write_bytes(toy)
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    at = visit(model="mine", text=TEXT)
    assert not at.exception
    assert "mine.onnx" in "".join(seen(error.value) for error in at.error)
    assert at.text_area(key="text").value == TEXT


def test_an_index_follows_when_its_range_shrinks():
    at = visit("batches.py", model="random-gpt2", batches_of="a story", drop_last=True)
    at.number_input(key="batch").set_value(4).run()
    at.number_input(key="stride").set_value(12).run()
    assert not at.exception
    assert "**1 batch** of 8" in words(at)
    assert "The link asks" not in words(at)


def test_the_toy_names_a_word_it_does_not_know_and_keeps_the_text():
    at = visit(model="toy", text="a cat")
    assert not at.exception
    assert "none of the toy's 6 tokens" in words(at)
    assert at.text_area(key="text").value == "a cat"


def fail(*args, **kwargs):
    raise ValueError("the text was plugh")


def test_a_bug_shows_as_one_where_it_is_developed(monkeypatch):
    monkeypatch.delenv("EMBEDCORE_HOSTED", raising=False)
    monkeypatch.setattr("pages.shared.services.pca", fail)
    assert visit().exception


def test_a_bug_shows_as_an_incident_where_it_is_hosted_and_the_log_has_no_text(monkeypatch, caplog):
    monkeypatch.setenv("EMBEDCORE_HOSTED", "1")
    monkeypatch.setattr("pages.shared.services.pca", fail)
    at = visit()
    assert not at.exception
    shown = re.search(r"report incident (\w{8})\.", words(at))
    assert shown
    assert f"incident {shown[1]}: ValueError at fail" in caplog.text
    assert "plugh" not in caplog.text
