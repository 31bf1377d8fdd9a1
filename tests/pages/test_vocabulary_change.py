"""What is written in ids belongs to a vocabulary: another model reads the same token, or says that it has none."""

import json
import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedcore.model import catalog
from embedcore.model.id_sets import pack_ids, unpack_ids
from embedcore.space.carried import NOT_THERE, carried
from embedcore.tokens.labels import token_label
from embedcore.tokens.tokenizer import get_tokenizer
from pages.views.map import matches as map_matches
from pages.views.neighbors import nearest
from tests.pages.apptest import ROOT, charts, typed, words
from tests.small_models import write_small_model

pytestmark = pytest.mark.usefixtures("own_cache", "models")
VOCABULARIES = {"one": "gpt2", "two": "cl100k_base", "tiny": "toy"}
GPT2, CL100K, TOY = (get_tokenizer(name) for name in VOCABULARIES.values())
TEXT = "naïve 日本語 tuple and list, 12345 dogs"
LIST, DOG = 1351, 3290  # of gpt2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(catalog.MODELS_FOLDER / "toy.onnx", folder)
    for seed, (name, tokenizer) in enumerate(VOCABULARIES.items()):
        write_small_model(folder / f"{name}.onnx", tokenizer=tokenizer, seed=seed)
    return folder


@pytest.fixture
def models(folder, monkeypatch):
    monkeypatch.setattr(catalog, "MODELS_FOLDER", folder)


def opened(page, model="one", **state):
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params["model"] = model
    every = {
        "text": TEXT,
        "show_text": False,
        "first_sentence": "fox over dog",
        "second_sentence": "fox dog over",
        **state,
    }
    for key, value in every.items():
        at.session_state[key] = value
    at.run()
    if page != "overview.py":
        at.switch_page(page).run()
    assert not at.exception
    return at


def changed(at, model):
    at.selectbox(key="model").set_value(model).run()
    assert not at.exception
    return at


def errors(at):
    return "".join(error.value.replace("\\", "") for error in at.error)


def component(at, name, title=""):
    every = [json.loads(part.proto.json) for part in at.get("bidi_component") if part.proto.component_name == name]
    return next(data for data in every if title in data.get("title", ""))


def in_two(token_id):
    return int(carried(np.array([token_id]), GPT2, CL100K)[0])


# One token, by its id

IDS = [("neighbors.py", "id", {"ask": "a token"}), ("map.py", "tied", {"ties": True})]


@pytest.mark.parametrize(("page", "key", "state"), IDS)
def test_a_chosen_id_follows_its_token(page, key, state):
    at = opened(page, **state, **{key: LIST})
    changed(at, "two")
    assert at.number_input(key=key).value == in_two(LIST) != LIST
    assert "␣list" in words(at) + "".join(part.value for part in at.header)
    assert at.number_input(key=key).max == CL100K.n_vocab - 1
    changed(at, "one")
    assert at.number_input(key=key).value == LIST
    at.number_input(key=key).set_value(5).run()  # a new id is of the vocabulary in which it was written
    assert at.number_input(key=key).value == 5


@pytest.mark.parametrize(("page", "key", "state"), IDS)
@pytest.mark.parametrize("token_id", [1, 1351])
def test_an_id_whose_token_is_not_there_says_so(page, key, state, token_id):
    at = opened(page, **state, **{key: token_id})
    changed(at, "tiny")
    label = token_label(GPT2.token_bytes(token_id))
    assert f"The token `{label}`, id {token_id} in gpt2, is not in tiny." in words(at)
    assert at.number_input(key=key).value == (3 if key == "id" else 0)  # " jumps", which every page explains
    assert not at.error


@pytest.mark.parametrize(
    ("press", "page", "key", "state"),
    [(nearest.ask_for, "neighbors.py", "id", {"ask": "a token"}), (map_matches.tie, "map.py", "tied", {"ties": True})],
)
def test_a_click_on_what_was_drawn_before_means_the_token_that_was_drawn(press, page, key, state, monkeypatch):
    at = opened(page, **state)
    with monkeypatch.context() as patch:
        patch.setattr(nearest.st, "session_state", at.session_state)
        patch.setattr(nearest.st, "query_params", {})
        press(1, "toy")
    at.run()
    assert at.number_input(key=key).value == DOG


def test_a_link_from_page_to_page_names_the_model_of_its_id():
    for page, state in (("audit.py", {}), ("map.py", {"ties": True, "tied": LIST})):
        at = opened(page, "two", **state)
        [link] = at.get("page_link")
        assert "model=two" in link.proto.query_string


# A token of the reader's text

TOKENS = ["tokens.py", "lookup.py", "overview.py", "sum.py", "positions.py"]


@pytest.mark.parametrize("page", TOKENS)
def test_the_chosen_token_of_the_text_stays_the_same_token(page):
    at = opened(page, token=11)
    assert GPT2.encode(TEXT).token_bytes[11] == b" list"
    changed(at, "two")
    assert at.session_state["token"] == 9
    assert CL100K.encode(TEXT).token_bytes[9] == b" list"
    changed(at, "one")
    assert at.session_state["token"] == 11


@pytest.mark.parametrize("page", TOKENS)
def test_a_chosen_token_that_the_text_is_not_cut_into_is_freed_and_said(page):
    at = opened(page, token=13)  # " 123"
    changed(at, "two")
    assert at.session_state["token"] is None
    assert "The chosen token `␣123` is none of the tokens that this text is cut into now" in words(at)
    assert "token" not in at.query_params


def test_a_chosen_token_that_was_cut_elsewhere_is_freed():
    text = "12345 dogs and 45"
    at = opened("lookup.py", text=text, token=1)
    assert GPT2.encode(text).token_bytes[:2] == (b"123", b"45")
    changed(at, "two")
    assert at.session_state["token"] == 1
    at = opened("lookup.py", text="a 12345", token=2)
    assert [GPT2.encode("a 12345").token_bytes[2], CL100K.encode("a 12345").token_bytes[2]] == [b"45", b"123"]
    changed(at, "two")
    assert at.session_state["token"] == 3  # the same bytes at the same place


# Token ids that the reader writes


def test_written_ids_are_the_same_tokens_in_another_vocabulary():
    at = opened("tokens.py", write="token ids", ids="1351, 3290")
    changed(at, "two")
    assert at.text_area(key="ids").value == f"{in_two(LIST)}, {in_two(DOG)}"
    assert "now by their ids in cl100k_base and not in gpt2" in words(at)
    assert [token["label"] for token in component(at, "token_chips")["tokens"]] == ["␣list", "␣dog"]
    changed(at, "one")
    assert at.text_area(key="ids").value == "1351, 3290"


@pytest.mark.parametrize("page", ["tokens.py", "lookup.py", "sum.py"])
def test_written_ids_that_are_not_there_are_kept_and_said(page):
    at = opened(page, write="token ids", ids="3290, 1351")
    changed(at, "tiny")
    assert not at.error
    assert "these are ids of gpt2, and toy has no token '␣list' (id 1351 there)" in words(at).replace("`", "")
    assert "The pages show “fox jumps over dog” for now, and your ids are kept" in words(at)
    assert at.text_area(key="ids").value == "3290, 1351"
    assert "these are ids of gpt2" in words(at.run())
    assert "ids" not in at.query_params  # a link names the model of its ids
    changed(at, "two")
    assert not at.error
    assert at.text_area(key="ids").value == f"{in_two(DOG)}, {in_two(LIST)}"
    changed(at, "tiny")
    at.text_area(key="ids").set_value("2, 3").run()
    assert not at.error
    assert at.text_area(key="ids").value == "2, 3"


# Expressions and searches

EXPRESSIONS = [("neighbors.py", "expression", {"ask": "an expression"}), ("map.py", "axis_x", {"method": "own axes"})]


@pytest.mark.parametrize(("page", "key", "state"), EXPRESSIONS)
def test_ids_in_an_expression_follow_their_tokens(page, key, state):
    at = opened(page, **state, **{key: f"dog - #{LIST}"})
    changed(at, "two")
    assert at.text_input(key=key).value == f"dog - #{in_two(LIST)}"
    assert not at.error
    changed(at, "tiny")
    assert at.text_input(key=key).value == 'dog - " list"'
    assert "no token of toy" in errors(at)


SEARCHES = [
    ("neighbors.py", "find_token", "find_by", {"ask": "a token"}),
    ("map.py", "find", "find_by", {}),
    ("tokens.py", "query", "by", {"text": "fox"}),
]


@pytest.mark.parametrize(("page", "key", "by", "state"), SEARCHES)
def test_a_searched_id_follows_its_token_and_a_range_stays_where_it_was_written(page, key, by, state):
    at = opened(page, **state, **{key: str(LIST), by: "id"})
    changed(at, "two")
    assert at.text_input(key=key).value == str(in_two(LIST))
    changed(at, "tiny")
    assert at.text_input(key=key).value == str(in_two(LIST))
    assert "These are ids of cl100k_base: write ids of toy" in words(at)
    assert "match" not in words(at)
    at.text_input(key=key).set_value("1").run()
    assert "**1** of 6 tokens" in words(at) or "**1** token matches" in words(at)
    at = opened(page, **state, **{key: "100-120", by: "id"})
    assert "**21**" in words(at)
    for _ in range(2):
        changed(at, "two")
        assert "These are ids of gpt2: write ids of cl100k_base" in words(at)
        assert "**21**" not in words(at)
        at.run()
    assert "**21**" in words(changed(at, "one"))


# Picked rows


def test_a_selection_is_carried_and_what_is_missing_is_counted():
    picked = np.array([1, DOG, LIST, 7586])
    at = opened("map.py", rows="picked", _picked=picked, _picked_of="gpt2")
    assert "4 points, none left out" in words(at)
    changed(at, "two")
    assert "4 points, none left out" in words(at)
    carried_ids = np.sort([in_two(token_id) for token_id in picked.tolist()])
    np.testing.assert_array_equal(unpack_ids(at.query_params["picked"], CL100K.n_vocab), carried_ids)
    changed(at, "tiny")
    assert "The selection has 4 tokens of gpt2; tiny has 2 of them." in words(at)
    assert "2 points, none left out" in words(at)
    np.testing.assert_array_equal(unpack_ids(at.query_params["picked"], 6), [0, 1])
    at = opened("map.py", rows="picked", _picked=np.array([1, LIST]), _picked_of="gpt2")
    changed(at, "tiny")
    assert "the selection has no token of this model: choose all rows" in errors(at)


def test_a_linked_selection_is_of_the_linked_model():
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    link = {"model": "tiny", "rows": "picked", "picked": pack_ids(np.array([1, 2, 5]), 6), "show_text": "false"}
    at.query_params.update(link)
    at.run()
    at.query_params.update(link)
    at.switch_page("map.py").run()
    assert "3 points, none left out" in words(at)
    changed(at, "one")
    ids = carried(np.array([1, 2, 5]), TOY, GPT2)
    np.testing.assert_array_equal(unpack_ids(at.query_params["picked"], GPT2.n_vocab), np.sort(ids))


# The second map

PAIRS = [(one, two) for one in VOCABULARIES for two in VOCABULARIES if one != two]


def rows_of(model, other):
    """Return the ids, in the vocabulary of `model`, of the tokens that it shares with `other`."""
    one, two = (get_tokenizer(VOCABULARIES[name]) for name in (model, other))
    there = carried(np.arange(one.n_vocab), one, two)
    return np.flatnonzero(there != NOT_THERE)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_point_of_the_second_map_is_its_own_token_under_the_first_maps_id(first, second):
    one, two = (get_tokenizer(VOCABULARIES[name]) for name in (first, second))
    dog = "dog" if "tiny" in (first, second) else "list"
    at = opened("map.py", first, compare=True, model2=second, find=f" {dog}", color="change")
    assert not at.error
    overlay = component(at, "map_overlay")
    own, shared = overlay["ownIds"]["map2_chart"], overlay["ids"]["map2_chart"]
    assert own == rows_of(second, first).tolist()
    assert overlay["tokenizer"] == one.name
    assert [two.token_bytes(token_id) for token_id in own] == [one.token_bytes(token_id) for token_id in shared]
    assert "map_chart" not in overlay["ownIds"]
    assert "map_chart" not in overlay["ids"]  # all of its rows
    shown_map = charts(at)
    for chart, n_points in ((0, one.n_vocab), (1, len(own))):
        vocabulary, hover = (
            next(trace for trace in shown_map[chart]["data"] if trace["name"] == name)
            for name in ("vocabulary", "matches")
        )
        assert len(typed(vocabulary["x"])) == len(typed(vocabulary["marker"]["color"])) == n_points
        ids = typed(hover["customdata"]).tolist()
        labels = [token_label(one.token_bytes(token_id)) for token_id in ids]
        assert f"␣{dog}" in labels
    n_shared = len(own)
    assert f"each of the {n_shared:,} shared tokens" in words(at)
    if n_shared < one.n_vocab:
        assert f"draws the other {one.n_vocab - n_shared:,} tokens of the first map" in words(at)


def test_the_color_of_change_belongs_to_the_rows_of_each_map():
    at = opened("map.py", "tiny", compare=True, model2="one", color="change", method2="own axes")
    at.text_input(key="axis_x2").set_value("dog - fox")
    at.text_input(key="axis_y2").set_value("over - jumps").run()
    assert not at.error
    overlay = component(at, "map_overlay")
    left, right = ({} for _ in range(2))
    for chart, (of, changes) in enumerate((("map_chart", left), ("map2_chart", right))):
        trace = next(trace for trace in charts(at)[chart]["data"] if trace["name"] == "vocabulary")
        value = overlay["values"][of]
        codes = typed(trace["marker"]["color"]).tolist()
        ids = overlay["ids"].get(of, range(6))
        changes |= {
            token_id: round(value["offset"] + value["unit"] * code, 2)
            for token_id, code in zip(ids, codes, strict=True)
        }
    assert left == right


def test_a_box_on_the_second_map_picks_the_first_maps_tokens():
    at = opened("map.py", "one", compare=True, model2="tiny")
    at.session_state["_box"] = "1,-32767,32767,-32767,32767"
    at.run()
    rows = component(at, "follow", "in the box")
    assert rows["tokenizer"] == "gpt2"
    assert {row[0]: row[1] for row in rows["rows"]} == {
        int(token_id): token_label(GPT2.token_bytes(int(token_id))) for token_id in carried(np.arange(6), TOY, GPT2)
    }
    at.button(key="map_picked1").click().run()
    assert "6 points, none left out" in words(at)
    assert at.session_state["_picked_of"] == "gpt2"


def test_a_table_with_more_rows_than_tokens_and_one_with_fewer(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "MODELS_FOLDER", tmp_path)
    write_small_model(tmp_path / "few.onnx", tokenizer="gpt2", n_vocab=4_000)
    write_small_model(tmp_path / "many.onnx", tokenizer="gpt2", n_vocab=5_000)
    write_small_model(tmp_path / "tiny.onnx", tokenizer="toy")
    at = opened("map.py", "few", compare=True, model2="many")
    assert not at.error
    assert "each of the 4,000 shared tokens" in words(at)
    at = opened("map.py", "few", compare=True, model2="tiny", find=" dog")
    assert not at.error
    assert "each of the 2 shared tokens" in words(at)  # " dog" and " over": the others' ids are past the table
    at = opened("map.py", "many", ties=True, tied=4_500)
    changed(at, "few")
    assert "id 4500 in gpt2, is not in few." in words(at)


# Links


def linked(page, **params):
    """Open a page by a link, on a server and in a session that know nothing yet."""
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params.update(params)
    at.run()
    if page != "overview.py":
        at.query_params.update(params)
        at.switch_page(page).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(("page", "key", "state"), IDS)
def test_a_linked_id_is_of_the_linked_model(page, key, state):
    state = {name: str(value).lower() if isinstance(value, bool) else value for name, value in state.items()}
    at = linked(page, model="tiny", text="fox", **state, **{key: "1"})
    assert at.number_input(key=key).value == 1
    changed(at, "one")
    assert at.number_input(key=key).value == DOG


@pytest.mark.parametrize(
    ("page", "params"),
    [("neighbors.py", {"id": "1351"}), ("map.py", {"ties": "true", "tied": "1351"}), ("tokens.py", {"token": "2"}),
     ("tokens.py", {"write": "token ids", "ids": "1351"}), ("map.py", {"picked": pack_ids(np.array([1, 5]), 8), "rows": "picked"})],
)  # fmt: skip
def test_a_link_of_a_model_that_is_not_here_gives_no_ids(page, params):
    at = linked("overview.py", model="gone", **params)
    [name] = set(params) - {"ties", "write", "rows"}
    assert f"The link's token ids ({name}) are those of a model that is not known here" in words(at)
    assert name not in at.query_params
    at.switch_page(page).run()
    assert not at.exception
    assert "1351" not in str(at.session_state["ids"])
    assert at.session_state["token"] is None if "token" in at.session_state else True
