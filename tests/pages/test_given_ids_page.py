"""Token ids that are given are what every page shows: never a text made of them, where none gives them."""

import numpy as np
import pytest
import tiktoken

import embedcore
from embedcore.cache import cache_folder
from tests.pages.apptest import PAGES, charts, typed, visit, words
from tests.pages.test_snippets import run

HALF = [447]  # the first two bytes of a dash or a quotation mark
TWICE = [16, 16]  # gpt2 writes "11" as one token
ENDS = [50256, 464, 3797]  # begins with a special token
FINE = [464, 3797, 3332]
GIVEN = {"half": HALF, "twice": TWICE, "special": ENDS, "fine": FINE}


def given(page, ids, **state):
    return visit(page, write="token ids", ids=str(ids), **state)


@pytest.mark.parametrize("ids", [HALF, TWICE], ids=["half", "twice"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_given_ids(page, ids, pydoc):
    at = given(
        page,
        ids,
        **({"ask": "this text"} if page == "neighbors.py" else {}),
        max_length=1,
        batch_size=1,
    )
    assert not at.exception
    if page in ("overview.py", "sum.py"):
        np.testing.assert_array_equal(typed(charts(at)[0]["data"][0]["z"]), pydoc.table[ids])
        assert f"`token_ids [1, {len(ids)}]`" in words(at)
    if page == "lookup.py":
        np.testing.assert_array_equal(typed(charts(at)[0]["data"][2]["z"]), pydoc.table[ids])
        assert f"id {ids[0]}: 64 numbers" in words(at)
    if page == "neighbors.py":
        assert at.dataframe[0].value["id"].tolist() == ids
    if page == "positions.py":
        assert len(charts(at)[0]["data"][0]["z"]) > 0
    if page == "batches.py" and len(ids) > 1:
        assert [cell.split(" · ")[1] for cell in at.dataframe[0].value.to_numpy()[0]] == [str(ids[0])]


@pytest.mark.parametrize("page", ["tokens.py", "batches.py", "map.py"])
def test_every_page_says_of_ids_that_no_text_gives_them(page):
    assert "Their bytes are no text (UTF-8)" in words(given(page, HALF))
    assert "gpt2 cuts the text that they stand for into 1 token: 1157." in words(given(page, TWICE))
    for sentence in ("No ordinary text gives", "Their bytes are no text"):
        assert sentence not in words(given(page, FINE))
        assert sentence not in words(visit(page, text="11"))


@pytest.mark.parametrize(
    ("ids", "characters", "n_bytes"), [(HALF, "–", "2"), (TWICE, "2", "2"), (ENDS, "20", "20"), (FINE, "11", "11")]
)
def test_characters_are_counted_where_there_are_any(ids, characters, n_bytes):
    said = words(given("tokens.py", ids))
    counted = f"{characters} characters, " if characters != "–" else ""
    assert f"This is {counted}{n_bytes} bytes and {len(ids)} token" in said


def test_another_tokenizer_cuts_the_text_that_ids_stand_for_and_their_own_keeps_them():
    said = words(given("tokens.py", TWICE))
    assert "**2 tokens** out of a vocabulary of 50,257" in said  # gpt2, whose ids they are
    n_other = len(embedcore.get_tokenizer("o200k_base").encode("11").token_ids)
    assert f"**{n_other} token** out of a vocabulary of 200,019" in said
    said = words(given("tokens.py", HALF))
    assert "**1 token** out of a vocabulary of 50,257" in said
    assert "the bytes of these ids of gpt2 are no text (UTF-8), so o200k_base has nothing to cut" in said
    assert "of 200,019" not in said


@pytest.mark.parametrize("ids", [*GIVEN.values(), [5] * 300], ids=[*GIVEN, "many"])
def test_the_code_decodes_the_given_ids(ids, tmp_path, monkeypatch):
    embedcore.get_tokenizer("gpt2").encode("")  # puts the vocabulary where tiktoken finds it
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(cache_folder() / "tiktoken"))
    code = given("tokens.py", ids).code[-1].value
    token_bytes = run(code, tmp_path, monkeypatch)["token_bytes"]
    assert token_bytes == tiktoken.get_encoding("gpt2").decode_bytes(ids)


def test_the_toys_ids_are_decoded_by_the_library(tmp_path, monkeypatch):
    code = given("tokens.py", [2, 3, 5, 1], model="toy").code[-1].value
    assert run(code, tmp_path, monkeypatch)["token_bytes"] == b"fox jumps over dog"


@pytest.mark.parametrize("page", PAGES)
def test_no_ids_are_told_as_such(page):
    at = given(page, [], **({"ask": "this text"} if page == "neighbors.py" else {}))
    assert not at.exception
    assert "an empty text has no tokens" not in words(at)
    if page not in ("audit.py", "map.py", "batches.py"):
        assert "Write token ids in the box on top of the page, for example 2, 3, 5." in words(at)


def test_pasted_ids_that_cannot_be_read_are_named_once():
    at = given("overview.py", "tensor([2, 1.5])")
    assert [error.value.count("1.5") for error in at.error] == [1]
    assert "is no token id, at character 11" in words(at)
    assert at.session_state["ids"] == "tensor([2, 1.5])"
