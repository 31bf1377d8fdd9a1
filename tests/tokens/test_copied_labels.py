"""A label that is copied from a page finds its token in every search and in every expression."""

from typing import get_args

import numpy as np
import pytest

import embedcore
from embedcore.errors import TokenizationError
from embedcore.space.expressions import parse_expression
from embedcore.tokens.copied_labels import copied, copied_id
from embedcore.tokens.labels import isolated, token_label
from embedcore.tokens.search import SearchBy, search_vocabulary
from embedcore.tokens.tokenizer import NAMES

GPT2, CL100K = (embedcore.get_tokenizer(name) for name in ("gpt2", "cl100k_base"))
AWKWARD = [
    b" list",
    b"\n",
    b"\n\n",
    b"\t",
    b"\r",
    b"\xe2\x80",
    b" \xe2\x80",
    b"\xff",
    " \u200b".encode(),
    b" ->",
    b" --",
    b" **",
    b" (",
    b" [",
    b" $",
]


@pytest.mark.parametrize("by", get_args(SearchBy))
@pytest.mark.parametrize("token", AWKWARD)
def test_a_label_with_signs_finds_its_token_in_every_search(token, by):
    token_id = GPT2.ranks.get(token)
    if token_id is None:  # a byte-pair vocabulary may lack it
        token_id = next(row for row in range(GPT2.n_vocab) if token in GPT2.token_bytes(row))
    label = token_label(GPT2.token_bytes(token_id))
    for said in (
        label,
        f" {label} ",
        f"7 {label}",
        f"{label} {token_id}",
        f"{label} · {token_id}",
        f"{label} ({token_id})",
        f"3 {label}\n{token_id}",
    ):
        matches = search_vocabulary(GPT2, said, by=by, limit=GPT2.n_vocab)
        assert token_id in matches.token_ids, said
        assert matches.n_matches == len(matches.token_ids) == len(set(matches.token_ids.tolist()))


@pytest.mark.parametrize("name", NAMES)
def test_the_labels_of_a_vocabulary_name_their_ids(name):
    tokenizer = embedcore.get_tokenizer(name)
    for row in np.random.default_rng(0).permutation(tokenizer.n_vocab)[:5_000].tolist():
        label = token_label(tokenizer.token_bytes(row), row)
        copies = copied(isolated(f"12 {label}"))
        assert copies is not None
        assert copies.token == tokenizer.token_bytes(row)
        assert copied_id(f"{label} ({row})", tokenizer) == row or copies.token is None
        if copies.has_signs:
            assert copied_id(label, tokenizer) == row
            assert parse_expression(label, tokenizer).terms[0].token_id == row


def test_what_is_written_as_it_stands_is_found_too():
    byte, letters = CL100K.ranks[b"\xaa"], CL100K.ranks[b"\\xaa"]
    matches = search_vocabulary(CL100K, "\\xaa", by="text", limit=10**6).token_ids.tolist()
    assert {byte, letters} <= set(matches[:2])
    assert search_vocabulary(CL100K, "\\x5cxaa", by="text").token_ids[0] == letters
    assert search_vocabulary(CL100K, "\\xaa", by="bytes").token_ids[0] == byte
    plain = search_vocabulary(GPT2, " list", by="text")
    np.testing.assert_array_equal(search_vocabulary(GPT2, "␣list", by="text").token_ids, plain.token_ids)


def test_a_gap_is_found_by_its_label():
    for by in get_args(SearchBy):
        assert search_vocabulary(CL100K, "∅100256", by=by).token_ids.tolist() == [100256]
    assert copied_id("∅5", CL100K) is None  # that row has a token


@pytest.mark.parametrize(
    ("text", "token"),
    [("⏎", b"\n"), ("\\xe2\\x80", b"\xe2\x80"), ("␣->", b" ->"), ("5 ␣list", b" list"), ("␣list (1351)", b" list"), ("\u2068␣list\u2069", b" list"), ("␣+", b" +")],
)  # fmt: skip
def test_an_expression_that_is_one_label_is_its_token(text, token):
    assert [(term.weight, term.token_id) for term in parse_expression(text, GPT2).terms] == [(1.0, GPT2.ranks[token])]


def test_labels_stand_in_expressions_among_other_terms():
    expression = parse_expression("␣king - \\xe2\\x80 + 2*⏎", GPT2)
    assert [term.token_id for term in expression.terms] == [
        GPT2.ranks[token] for token in (b" king", b"\xe2\x80", b"\n")
    ]
    assert [term.weight for term in expression.terms] == [1, -1, 2]


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("zz", "bytes"),
        ("e2 8", "bytes"),
        ("10 20", "id"),
        ("list", "id"),
        ("5 6", "id"),
        ("␣zq9", "id"),
        ("␣zq9", "bytes"),
    ],
)
def test_what_is_no_label_of_a_token_stays_an_error(query, by):
    with pytest.raises(TokenizationError):
        search_vocabulary(GPT2, query, by=by)


@pytest.mark.parametrize("text", ["", " ", "a b", "\\ud800", "␣king - ␣man"])
def test_what_cannot_be_a_label(text):
    assert copied(text) is None
