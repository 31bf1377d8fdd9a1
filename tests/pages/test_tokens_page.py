"""The Tokens page: pieces of one character, special tokens, what two tokenizers cut differently, and the counts."""

import json

import pytest

import embedcore
from embedcore.tokens.pieces import is_cut_alike
from tests.pages.apptest import by_link, visit, words
from tests.pages.test_snippets import run

EMOJI = "a 🙃 antidisestablishment"
SPECIAL = "one<|endoftext|>two"


def chips(at, index=0):
    return [json.loads(part.proto.json)["tokens"] for part in at.get("bidi_component") if "tokens" in part.proto.json][
        index
    ]


@pytest.mark.parametrize("page", ["tokens.py", "lookup.py"])
def test_pieces_of_one_character_are_named(page):
    at = visit(page, text=EMOJI)
    assert not at.exception
    named = [(chip["piece"]["place"], chip["piece"]["n"], chip["piece"]["of"]) for chip in chips(at) if chip["piece"]]
    assert named == [(0, 3, " 🙃"), (1, 3, " 🙃"), (2, 3, " 🙃")]
    assert ("Chips that touch are pieces of one character." in words(at)) == (page == "tokens.py")
    assert not any(chip["piece"] for chip in chips(visit(page, text="a list")))


def test_what_the_other_tokenizer_cuts_differently_is_marked_and_counted():
    at = visit("tokens.py", text=EMOJI)
    left, right = (embedcore.get_tokenizer(name).encode(EMOJI) for name in ("gpt2", "o200k_base"))
    for index, cut, other in ((1, left, right), (2, right, left)):
        alike = is_cut_alike(cut, other)
        assert 0 < alike.sum() < len(alike)
        assert [not chip["differs"] for chip in chips(at, index)] == alike.tolist()
        assert f"cuts {alike.sum()} of them alike; the others have a line above." in words(at)
    at = visit("tokens.py", text=EMOJI, right="gpt2")
    assert words(at).count("gpt2 cuts all of them alike.") == 2
    assert not any(chip["differs"] for index in (0, 1, 2) for chip in chips(at, index))


def test_special_tokens_are_a_switch_of_the_link(tmp_path, monkeypatch):
    off = by_link("tokens.py", text=SPECIAL)
    assert len(chips(off)) > 3
    assert "`<|endoftext|>` is the name of a special token. It is read as plain text" in words(off)
    at = by_link("tokens.py", text=SPECIAL, special="true", token="2")
    assert not at.exception
    assert [chip["id"] for chip in chips(at)] == embedcore.get_tokenizer("gpt2").encode(SPECIAL, allow_special=True).token_ids.tolist()  # fmt: skip
    assert [chip["label"] for chip in chips(at, 2)] == ["one", "<|endoftext|>", "two"]
    assert "1 token of this text" in words(at)
    assert at.query_params["special"] == "true"
    assert 'allowed_special="all"' in at.code[0].value
    at.query_params = {}  # what is not bound does not come along
    at.switch_page("lookup.py").run()
    assert at.session_state["token"] == len(chips(off)) - 1  # "two" where it is read as plain text
    toy = by_link("tokens.py", text="fox jumps", model="toy", special="true")
    assert "toy has no special tokens." in words(toy)
    assert run(toy.code[0].value, tmp_path, monkeypatch)["token_ids"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "This is 0 characters, 0 bytes and 0 tokens."),
        ("a", "This is 1 character, 1 byte and 1 token, each of them different: 1.00 bytes a token."),
        ("a a a", "This is 5 characters, 5 bytes and 3 tokens, 2 of them different: 1.67 bytes a token."),
    ],
)
def test_the_counts_are_one_sentence(text, said):
    assert said in words(visit("tokens.py", text=text))
