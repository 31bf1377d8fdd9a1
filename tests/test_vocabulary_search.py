import pytest

import embedcore
from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.vocabulary_search import search_vocabulary

GPT2 = embedcore.get_tokenizer("gpt2")


def test_text_is_found_wherever_it_stands_and_exactly_first():
    found = search_vocabulary(GPT2, " list", by="text")
    expected = [i for i in range(GPT2.n_vocab) if " list" in (GPT2.token_bytes(i) or b"").decode("utf-8", "replace")]
    assert sorted(found.token_ids.tolist()) == expected
    assert found.n_matches == len(expected) == 11
    assert GPT2.token_bytes(int(found.token_ids[0])) == b" list"


@pytest.mark.parametrize("query", ["e2 80", "E280", "\\xe2\\x80", "0xe2, 0x80"])
def test_bytes_are_found_however_written(query):
    found = search_vocabulary(GPT2, query, by="bytes")
    assert GPT2.token_bytes(int(found.token_ids[0])) == b"\xe2\x80"
    assert all(b"\xe2\x80" in GPT2.token_bytes(i) for i in found.token_ids.tolist())


@pytest.mark.parametrize(("query", "ids"), [("262", [262]), (" 5-7 ", [5, 6, 7]), ("5…6", [5, 6]), ("", [])])
def test_ids_and_ranges(query, ids):
    assert search_vocabulary(GPT2, query, by="id").token_ids.tolist() == ids


def test_a_limit_keeps_the_count():
    found = search_vocabulary(GPT2, "a", by="text", limit=5)
    assert len(found.token_ids) == 5 < found.n_matches


def test_nothing_is_found_for_nothing():
    assert search_vocabulary(GPT2, "", by="text").n_matches == 0
    assert search_vocabulary(GPT2, "no such token at all", by="text").n_matches == 0


@pytest.mark.parametrize(
    ("query", "by", "error", "words"),
    [("e2 8", "bytes", TokenizationError, "two digits a byte"), ("zz", "bytes", TokenizationError, "'zz'"),
     ("1.5", "id", TokenizationError, "'1.5' is no token id"), ("60000", "id", UnknownTokenId, "60000 is outside 0…50256"),
     ("-4", "id", UnknownTokenId, "-4 is outside"), ("7-5", "id", TokenizationError, "write 5-7"),
     ("\ud800", "text", TokenizationError, "lone surrogate")],
)  # fmt: skip
def test_bad_queries_are_named(query, by, error, words):
    with pytest.raises(error, match=words):
        search_vocabulary(GPT2, query, by=by)
