"""The Neighbors page through Streamlit's own test runner: its three questions, against a float64 oracle, and bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from embedcore.model.id_sets import unpack_ids
from embedcore.model.trained_rows import untouched
from embedcore.tokens.labels import token_label
from pages.views.neighbors import nearest
from tests.pages.apptest import TEXT, by_link, charts, typed, visit, words
from tests.seen import seen

ROOT = Path(__file__).parents[2]
LIST = 1351


def ask(what, **state):
    return visit("neighbors.py", ask=what, neighbors_table=True, **({"text": TEXT} | state))


def follows(at, title, component="follow"):
    """Return the rows [id, label, score, note] of every list to follow whose title has `title` in it."""
    lists = [json.loads(part.proto.json) for part in at.get("bidi_component") if part.proto.component_name == component]
    return [part["rows"] for part in lists if title in part["title"]]


def ranked(at):
    """Return the rows [id, label, score, place of its bar's end, place of chance, note] of the ranked list."""
    (rows,) = follows(at, "neighbor", "ranked")
    return rows


def answered(at):
    return next(frame.value for frame in at.dataframe if "rank" in frame.value.columns)


def oracle(table, query, metric, *, without=()):
    """Return all ids that may answer, nearest first, and the score of every row, from the formula in float64."""
    rows, query = table.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        scores = np.sqrt(((rows - query) ** 2).sum(axis=1))
        order = np.lexsort((np.arange(len(rows)), scores))
    else:
        scores = (rows * query).sum(axis=1)
        if metric == "cosine":
            scores = scores / np.sqrt((rows**2).sum(axis=1)) / np.sqrt((query**2).sum())
        order = np.lexsort((np.arange(len(rows)), -scores))
    return order[~np.isin(order, list(without))], scores


def check(at, table, query, metric, k, *, without):
    order, scores = oracle(table, query, metric, without=without)
    frame = answered(at)
    assert frame["id"].tolist() == order[:k].tolist()
    np.testing.assert_allclose(frame[metric], scores[order[:k]], rtol=1e-12, atol=1e-12)
    rows = ranked(at)
    assert [row[0] for row in rows] == order[:k].tolist()
    assert [row[2] for row in rows] == [f"{score:.4f}" for score in scores[order[:k]]]
    bars = charts(at)[0]["data"][0]
    assert typed(bars["y"]).sum() == len(table)
    band = charts(at)[0]["layout"]["shapes"][-1]
    shown = scores[order[:k]]
    if k > 9:
        np.testing.assert_allclose([band["x0"], band["x1"]], [shown.min(), shown.max()], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_a_tokens_neighbors_are_the_oracles(pydoc, metric):
    at = ask("a token", id=LIST, metric=metric, k=30)
    assert not at.exception
    check(at, pydoc.table, pydoc.table[LIST], metric, 30, without=[LIST])
    assert "**Input and output table are the same rows** in pydoc-gpt (tied weights)" in words(at)


def test_the_first_answer_is_that_of_the_token_that_every_page_explains(pydoc):
    at = ask("a token")
    ids = pydoc.tokenizer.encode(TEXT).token_ids.tolist()
    assert at.number_input(key="id").value == ids[10]  # ␣cannot, the longest
    assert len(answered(at)) == 20
    assert "id" not in at.query_params
    at.session_state["token"] = 1  # as a click on a chip of any page
    at.run()
    assert at.number_input(key="id").value == LIST
    assert answered(at)["token"].tolist()[:2] == ["␣tuple", "␣sequence"]
    assert (at.query_params["token"], at.query_params.get("id")) == ("1", None)
    other = by_link("neighbors.py", model="pydoc-gpt", token="5")
    assert other.number_input(key="id").value == ids[5]


def test_a_neighbor_that_is_followed_stays_until_another_token_is_chosen(pydoc):
    at = ask("a token", token=1)
    at.number_input(key="id").set_value(8379).run()
    assert (
        answered(at)["id"].tolist()[:3]
        == oracle(pydoc.table, pydoc.table[8379], "cosine", without=[8379])[0][:3].tolist()
    )
    at.run()
    assert at.number_input(key="id").value == 8379
    at.session_state["token"] = 2
    at.run()
    assert at.number_input(key="id").value == pydoc.tokenizer.encode(TEXT).token_ids[2]
    linked = by_link("neighbors.py", model="pydoc-gpt", token="1", id="8379")
    assert linked.number_input(key="id").value == 8379


def test_while_no_token_is_chosen_another_text_gives_another_first_answer(pydoc):
    at = ask("a token")
    at.session_state["text"] = "a dictionary of names"
    at.run()
    assert at.number_input(key="id").value == pydoc.tokenizer.ranks[b" dictionary"]
    at.session_state["text"] = ""
    at.run()
    assert not at.exception
    assert len(ranked(at)) == 20


def axis_of(at):
    """Return what the page draws the bars of the ranked list on: places of ticks with labels, and of 0."""
    parts = [json.loads(part.proto.json) for part in at.get("bidi_component") if part.proto.component_name == "ranked"]
    return parts[0]["ticks"], parts[0]["zero"]


def test_the_bars_of_a_random_table_are_as_short_as_their_cosines_and_end_where_chance_does():
    at = ask("a token", model="random-gpt2", id=LIST)
    assert axis_of(at) == ([[0, "0"], [0.5, "0.5"], [1, "1"]], 0)
    rows, cosines = ranked(at), answered(at)["cosine"]
    assert [row[3] for row in rows] == cosines.tolist()
    assert max(row[3] for row in rows) < 0.3
    # Of n random rows, k have a cosine above the one that the beta distribution exceeds with k / n.
    by_chance = 2 * scipy.stats.beta(255 / 2, 255 / 2).isf(np.arange(1, 21) / 50256) - 1
    np.testing.assert_allclose([row[4] for row in rows], by_chance, rtol=0, atol=1e-9)
    assert abs(cosines[0] - by_chance[0]) < 0.05
    said = words(at)
    assert "in 256 dimensions two random directions have cosines within ±0.12 in 95% of cases" in said
    assert "standard deviation is 1/√256 = 0.062" in said
    assert f"one has a cosine of {by_chance[0]:.2f} or more, and 20 have {by_chance[19]:.2f} or more" in said
    line = charts(at)[0]["data"][1]
    assert line["name"] == "by chance"
    assert np.nansum(typed(line["y"])) == pytest.approx(50_257, abs=3)


def test_negative_scores_have_bars_to_the_left_of_zero(toy):
    at = ask("a token", model="toy", text="fox jumps over dog", id=2)
    assert axis_of(at) == ([[0, "−1"], [0.5, "0"], [1, "1"]], 0.5)
    places = [row[3] for row in ranked(at)]
    np.testing.assert_allclose(places, (1 + answered(at)["cosine"]) / 2, rtol=1e-12, atol=1e-12)
    assert min(places) < 0.5 < max(places)


@pytest.mark.parametrize(("metric", "named"), [("dot", "size of a dot product with"), ("euclidean", "distance in")])
def test_other_metrics_have_an_axis_of_the_whole_table_that_is_said(pydoc, metric, named):
    at = ask("a token", id=LIST, metric=metric)
    _, scores = oracle(pydoc.table, pydoc.table[LIST], metric)
    largest = np.abs(scores).max()
    np.testing.assert_allclose([row[3] for row in ranked(at)], answered(at)[metric] / largest, rtol=1e-9, atol=0)
    assert {row[4] for row in ranked(at)} == {None}
    assert f"from 0 to {largest:.3g}, the largest {named} the whole table" in words(at)
    assert "rows of the same lengths that point in random directions" in words(at)


def test_rows_that_training_never_touched_are_named_and_can_be_left_out(pydoc):
    trained = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50257)
    untrained = np.setdiff1d(np.arange(50257), trained)
    token_id = pydoc.tokenizer.ranks[b"A"]
    at = ask("a token", id=token_id, k=40)
    never = answered(at)["untrained"]
    assert never.tolist() == np.isin(answered(at)["id"], untrained).tolist()
    assert never.any()
    assert [bool(row[5]) for row in ranked(at)] == never.tolist()
    assert f"{never.sum()} of these 40 rows are untrained" in words(at)
    at.toggle(key="trained_only").set_value(True).run()
    check(at, pydoc.table, pydoc.table[token_id], "cosine", 40, without=[token_id, *untrained])
    assert "being near means nothing" not in words(at)
    assert "12,279 rows were compared with the query" in words(at)


def test_a_query_that_was_never_trained_says_so(pydoc):
    trained = set(unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50257).tolist())
    token_id = next(token_id for token_id in range(50257) if token_id not in trained)
    said = words(ask("a token", id=token_id))
    assert f"Row {token_id} is **untrained**: its numbers are still random" in said
    assert "Try another token, such as `␣cannot`." in said
    assert "untrained" not in words(ask("a token", id=LIST, k=1))
    assert "No row of random-gpt2 was trained, so these neighbors are chance." in words(
        ask("a token", model="random-gpt2")
    )


@pytest.mark.parametrize(
    ("by", "query", "n"),
    [("text", " list", 11), ("bytes", "e2 80", None), ("regex", "^ lists?$", 2), ("id", "100-120", 21)],
)
def test_a_token_is_found(pydoc, by, query, n):
    at = ask("a token", find_by=by, find_token=query)
    (rows,) = follows(at, "matches")
    assert n is None or len(rows) == n
    assert all(row[1] == token_label(pydoc.tokenizer.token_bytes(row[0])) for row in rows)
    assert f"**{len(rows)}** of 50,257 tokens match" in words(at)


def test_a_click_makes_the_neighbor_the_query(pydoc, monkeypatch):
    at = ask("an expression", k=5)
    neighbor = ranked(at)[0][0]
    monkeypatch.setattr(nearest.st, "session_state", at.session_state)
    link = {}  # the test runner would take a change of its own link for a reader's
    monkeypatch.setattr(nearest.st, "query_params", link)
    monkeypatch.setattr(nearest.choice, "choose_in_text", lambda *given: None)
    nearest.ask_for(neighbor, "gpt2")
    monkeypatch.undo()
    assert link == {"id": str(neighbor)}
    at.run()
    assert "ask" not in at.query_params  # the default
    assert at.button_group(key="ask").value == "a token"
    assert at.number_input(key="id").value == neighbor
    check(at, pydoc.table, pydoc.table[neighbor], "cosine", 5, without=[neighbor])


def test_the_texts_vectors_and_the_whole_list_of_one(pydoc):
    at = ask("this text", token=5, k=12)
    ids = pydoc.tokenizer.encode(TEXT).token_ids
    layer, never = pydoc.run(ids), untouched(pydoc.metadata)
    table = next(frame.value for frame in at.dataframe if "near its token vector" in frame.value.columns)
    assert table["id"].tolist() == ids.tolist()
    for place in range(len(ids)):
        for kind, vector, without in (
            ("token", layer.token_embeddings[0, place], [ids[place]]),
            ("input", layer.input_embeddings[0, place], []),
        ):
            order, _ = oracle(pydoc.table, vector, "cosine", without=without)
            expected = " · ".join(
                token_label(pydoc.tokenizer.token_bytes(int(i))) + " untrained" * bool(never[i]) for i in order[:3]
            )
            assert table[f"near its {kind} vector"][place] == expected
    check(at, pydoc.table, layer.token_embeddings[0, 5], "cosine", 12, without=[ids[5]])
    at.button_group(key="near_kind").set_value("input vector").run()
    check(at, pydoc.table, layer.input_embeddings[0, 5], "cosine", 12, without=[])


def test_an_empty_text_says_so():
    at = ask("this text", text="")
    assert not at.exception
    assert "an empty text has no tokens" in words(at)


def test_the_default_expression_gives_a_sensible_answer(pydoc):
    at = ask("an expression")
    assert answered(at)["token"][0] == "␣methods"
    ranks = pydoc.tokenizer.ranks
    ids = [ranks[b" functions"], ranks[b" function"], ranks[b" method"]]
    rows = pydoc.table[ids].astype(np.float64)
    check(at, pydoc.table, rows[0] - rows[1] + rows[2], "cosine", 20, without=ids)
    (parsed,) = follows(at, "terms")
    assert [row[:2] for row in parsed] == [[ids[0], "+ ␣functions"], [ids[1], "− ␣function"], [ids[2], "+ ␣method"]]


def test_factors_count(pydoc):
    at = ask("an expression", expression="2*list - 0.5*#262", metric="euclidean", k=10)
    query = 2 * pydoc.table[LIST].astype(np.float64) - 0.5 * pydoc.table[262]
    check(at, pydoc.table, query, "euclidean", 10, without=[LIST, 262])
    assert follows(at, "terms")[0][1][1] == "− 0.5 × ␣the"


@pytest.mark.parametrize(
    ("expression", "message"),
    [("king man", "at character 5 follows a token without a sign"), ("kingdomness", "2 tokens of gpt2"), ("#99999", "99999 at character 0 is outside 0…50256"),
     (" list - list", "cancel: a zero vector has no direction"), ('"king', "is never closed")],
)  # fmt: skip
def test_a_bad_expression_is_named_in_place_and_kept(expression, message):
    at = ask("an expression", expression=expression)
    assert not at.exception
    assert message in "".join(seen(error.value) for error in at.error)
    assert at.text_input(key="expression").value == expression


@pytest.mark.parametrize(
    ("by", "query", "message"),
    [("regex", "^(-|-)*[xy]$", "took more than 2 seconds and was stopped"), ("regex", "(a", "cannot be read at character 2"),
     ("bytes", "zz", "'zz' is no hexadecimal bytes"), ("id", "60000", "60000 is outside 0…50256")],
)  # fmt: skip
def test_a_bad_search_is_named_in_place_and_the_answer_stays(by, query, message):
    at = ask("a token", find_by=by, find_token=query, token=1)
    assert not at.exception
    assert message in "".join(seen(error.value) for error in at.error)
    assert at.text_input(key="find_token").value == query
    assert answered(at)["token"][0] == "␣tuple"


@pytest.mark.parametrize(
    ("param", "value", "message"),
    [("k", "0", "k = `'0'`; it must be 1 to 1,000"), ("k", "1001", "k = `'1001'`; it must be 1 to 1,000"), ("id", "50257", "id = `'50257'`; it must be 0 to 50,256"),
     ("metric", "manhattan", "metric = `'manhattan'`, which is not known"), ("ask", "x", "ask = `'x'`, which is not known"), ("find_by", "x", "find_by = `'x'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so(param, value, message):
    at = by_link("neighbors.py", model="pydoc-gpt", **{param: value})
    assert not at.exception
    assert message in words(at)
    assert len(ranked(at)) == 20


def test_a_small_model_gives_all_that_it_has(toy):
    at = ask("a token", model="toy", text="fox jumps over dog", id=2, k=1000)
    check(at, toy.table, toy.table[2], "cosine", 5, without=[2])
    assert "all 5 rows were compared with the query, and 1 of 6 was left out" in words(at)
    said = ask("an expression", model="toy", text="fox").error[0].value
    assert "is no token of toy: write one token" in said
