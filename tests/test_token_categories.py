"""Every row's category, held to tiktoken itself; and the rows that no text can touch."""

from types import SimpleNamespace

import numpy as np
import pytest

import embedcore
from embedcore.errors import ShapeError, TokenizationError
from embedcore.token_categories import CATEGORIES, GAP, known_unused, token_categories
from embedcore.tokens import Tokenizer
from embedcore.vocabularies import load_encoding


def by_tiktoken(name):
    """Count the categories with tiktoken's own decoder and encoder, one id at a time."""
    encoding = load_encoding(name)
    special = {encoding.encode_single_token(each) for each in encoding.special_tokens_set}
    found = []
    for token_id in range(encoding.n_vocab):
        try:
            token = encoding.decode_single_token_bytes(token_id)
        except KeyError:
            found.append("gap")
            continue
        text = token.decode("utf-8", "replace")
        if token_id in special:
            found.append("special")
        elif text.encode() != token:
            found.append("partial UTF-8")
        else:
            found.append("reachable" if encoding.encode(text, disallowed_special=()) == [token_id] else "unreachable")
    return found


@pytest.mark.parametrize("name", ["gpt2", "p50k_base", "cl100k_base", "o200k_base"])
def test_categories_are_those_of_tiktoken(name):
    found = token_categories(embedcore.get_tokenizer(name))
    expected = by_tiktoken(name)
    assert [found.names[code] for code in found.codes.tolist()] == expected
    np.testing.assert_array_equal(found.counts(), [expected.count(category) for category in CATEGORIES])


def test_what_is_known_of_the_vocabularies():
    counts = {
        name: token_categories(embedcore.get_tokenizer(name)).counts().tolist() for name in ("gpt2", "o200k_base")
    }
    assert counts == {"gpt2": [49912, 0, 344, 1, 0], "o200k_base": [198424, 12, 1562, 2, 19]}
    o200k = embedcore.get_tokenizer("o200k_base")
    unreachable = token_categories(o200k).rows("unreachable")
    assert o200k.token_bytes(int(unreachable[1])) == b"\n//"  # the pattern cuts the line break off first
    assert len(o200k.encode("\n//").token_ids) == 2


def test_the_toy_reaches_all_its_tokens_and_rows_past_the_vocabulary_are_gaps():
    toy = embedcore.get_tokenizer("toy")
    np.testing.assert_array_equal(token_categories(toy).codes, np.zeros(6))
    longer = token_categories(toy, 8)
    np.testing.assert_array_equal(longer.codes, [0] * 6 + [GAP] * 2)
    np.testing.assert_array_equal(longer.rows("gap"), [6, 7])
    np.testing.assert_array_equal(longer.is_in("gap"), [False] * 6 + [True] * 2)
    np.testing.assert_array_equal(longer.is_in("all"), [True] * 8)
    assert len(token_categories(toy, 4).codes) == 4


def test_a_vocabulary_that_cannot_cut_its_own_token_does_not_reach_it():
    def encode(text, *, allow_special):
        if text == "b":
            msg = "no"
            raise TokenizationError(msg)
        return [0, 0] if text == "aa" else [0]

    encoding = SimpleNamespace(
        n_vocab=7, ranks={b"a": 0, b"b": 1, b"aa": 2, b"\xc3": 3, b"c": 6}, special_tokens={"<s>": 4}, encode=encode
    )
    found = token_categories(Tokenizer("made up", encoding))
    assert [found.names[code] for code in found.codes] == [
        "reachable", "unreachable", "unreachable", "partial UTF-8", "special", "gap", "unreachable",
    ]  # fmt: skip


def test_known_unused_rows_are_gaps_and_bytes_that_utf8_never_has():
    gpt2 = embedcore.get_tokenizer("gpt2")
    every = bytearray()
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            every += chr(code).encode()
    never = sorted(set(range(256)) - set(every))
    rows = known_unused(gpt2)
    assert sorted(gpt2.token_bytes(row) for row in rows.tolist()) == [bytes([byte]) for byte in never]
    assert len(rows) == 13
    cl100k = embedcore.get_tokenizer("cl100k_base")
    assert len(known_unused(cl100k)) == 13 + 16
    assert {100256, 100261, 100275} <= set(known_unused(cl100k).tolist())
    np.testing.assert_array_equal(known_unused(gpt2, 50259)[-2:], [50257, 50258])
    np.testing.assert_array_equal(known_unused(gpt2, 126), [124, 125])
    assert len(known_unused(embedcore.get_tokenizer("toy"))) == 0


def test_bad_requests_are_named():
    toy = embedcore.get_tokenizer("toy")
    for sort in (token_categories, known_unused):
        with pytest.raises(ShapeError, match="0 rows"):
            sort(toy, 0)
    with pytest.raises(ShapeError, match=r"'glitch'.*reachable"):
        token_categories(toy).rows("glitch")
