"""A family of tokenizers that nobody here knows joins by one line, and everything that asks a tokenizer takes it."""

import ast
import hashlib
from pathlib import Path

import numpy as np
import pytest

import embedcore
from embedcore.errors import TokenizationError
from embedcore.tokens import families
from embedcore.tokens.categories import known_unused, token_categories
from embedcore.tokens.encoding import Encoded
from embedcore.tokens.families import Family, open_encoding, tokenizer_names
from embedcore.tokens.kinds import first_bytes, lengths, scripts
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import merge_steps
from embedcore.tokens.search import search_vocabulary
from embedcore.tokens.tokenizer import Tokenizer, _named, get_tokenizer
from embedcore.tokens.written_ids import text_of_ids

ROOT = Path(__file__).parents[2]


class Words:
    """Lower-cased words without the white space between them, as a BERT has them: the bytes are not the text's."""

    n_vocab = 6
    merges = None
    tokens = ((b"the", 1), (b"cat", 2), (b"sat", 3), (b"the", 5))  # two ids of the same bytes, and a gap at 4

    def __init__(self):
        self.special_tokens = {"[UNK]": 0}

    def encode(self, text, *, allow_special):
        token_ids, spans, end = [], [], 0
        for word in text.split():
            start = text.index(word, end)
            end = start + len(word)
            token_ids.append({"the": 1, "cat": 2, "sat": 3}.get(word.lower(), 0))
            spans.append((start, end))
        return Encoded(token_ids, np.array(spans, np.int64).reshape(-1, 2))


@pytest.fixture
def words(monkeypatch):
    monkeypatch.setattr(families, "FAMILIES", (*families.FAMILIES, Family(("words",), lambda name: Words())))
    _named.cache_clear()
    yield embedcore.get_tokenizer("words")
    _named.cache_clear()


def test_the_names_are_those_of_all_families(words):
    assert tokenizer_names() == (
        "gpt2",
        "r50k_base",
        "p50k_base",
        "p50k_edit",
        "cl100k_base",
        "o200k_base",
        "o200k_harmony",
        "toy",
        "words",
    )
    assert words.name == "words"
    with pytest.raises(TokenizationError, match=r"no tokenizer 'bert' here; there are gpt2, .*, toy, words$"):
        open_encoding("bert")


def test_it_encodes_with_its_own_spans_and_decodes(words):
    tokenization = words.encode("The  cat\nflew")
    assert tokenization.token_ids.tolist() == [1, 2, 0]
    assert tokenization.token_bytes == (b"the", b"cat", b"[UNK]")
    assert tokenization.spans.tolist() == [[0, 3], [5, 8], [9, 13]]
    assert [tokenization.text[start:end] for start, end in tokenization.spans] == ["The", "cat", "flew"]
    assert words.decode_bytes([1, 2, 5]) == b"thecatthe"
    assert words.tokenization([2, 3]).text == "catsat"
    assert words.tokenization([2, 3]).spans.tolist() == [[0, 3], [3, 6]]
    assert words.token_bytes(4) is None
    assert words.encode("").spans.shape == (0, 2)
    with pytest.raises(embedcore.UnknownTokenId, match="token id 4 is a gap in words"):
        words.decode_bytes([4])


def test_labels_search_kinds_and_categories_take_it(words):
    assert [token_label(words.token_bytes(row), row) for row in range(6)] == ["[UNK]", "the", "cat", "sat", "∅4", "the"]
    assert search_vocabulary(words, "cat", by="text").token_ids.tolist() == [2]
    codes, names = scripts(words)
    assert [names[code] for code in codes] == ["special", "Latin", "Latin", "Latin", "gap", "Latin"]
    assert lengths(words).tolist() == [5, 3, 3, 3, 0, 3]
    assert first_bytes(words).tolist() == [ord("["), ord("t"), ord("c"), ord("s"), -1, ord("t")]
    categories = token_categories(words)
    named = [categories.names[code] for code in categories.codes]
    assert named == ["special", "reachable", "reachable", "reachable", "gap", "no text found"]
    assert known_unused(words).tolist() == [4]
    assert words.ordinary_id(b"the") == 1
    assert words.ordinary_id(b"dog") is None
    assert merge_steps(words, 2) == ()
    assert text_of_ids(words, words.tokenization([2])).comes_back


def test_merges_are_what_byte_pair_encodings_have():
    gpt2 = get_tokenizer("gpt2")
    assert gpt2.merges[b" the"] == gpt2.ordinary_id(b" the") == 262
    assert get_tokenizer("toy").merges is None


def test_spans_that_do_not_fit_the_text_are_refused(monkeypatch):
    for spans in ([[0, 9]], [[2, 1]], [[-1, 1]], [[0, 1], [1, 2]]):
        words = Words()
        monkeypatch.setattr(words, "encode", lambda text, *, allow_special, spans=spans: Encoded([1], np.array(spans)))
        with pytest.raises(TokenizationError, match=r"of words: .* spans .* report"):
            Tokenizer("words", words).encode("the")


def test_bytes_that_are_not_the_texts_and_no_spans_are_refused(monkeypatch):
    words = Words()
    monkeypatch.setattr(words, "encode", lambda text, *, allow_special: Encoded([1]))
    with pytest.raises(TokenizationError, match=r"of words: .*its bytes are not those of the text"):
        Tokenizer("words", words).encode("The")
    assert Tokenizer("words", words).encode("the").spans.tolist() == [[0, 3]]


def test_equal_vocabularies_share_a_fingerprint_and_others_have_none_of_it(words):
    prints = {name: get_tokenizer(name).fingerprint for name in tokenizer_names()}
    assert prints["gpt2"] == prints["r50k_base"]  # two names of one vocabulary
    assert len(set(prints.values())) == len(prints) - 1
    assert all(len(each) == 64 and int(each, 16) >= 0 for each in prints.values())
    assert Tokenizer("another name", Words()).fingerprint == words.fingerprint
    for name, value in (
        ("n_vocab", 7),
        ("special_tokens", {"[PAD]": 0}),
        ("tokens", Words.tokens[:-1]),
        ("tokens", ((b"the", 1), (b"cat", 3), (b"sat", 2), (b"the", 5))),
        ("merges", {b"the": 1}),
    ):
        changed = Words()
        setattr(changed, name, value)
        assert Tokenizer("words", changed).fingerprint != words.fingerprint, name
    digest = hashlib.sha256(b"6\n")
    for part in (
        b"ordinary 1 3 the",
        b"ordinary 2 3 cat",
        b"ordinary 3 3 sat",
        b"ordinary 5 3 the",
        b"special 0 5 [UNK]",
    ):
        digest.update(part)
    assert words.fingerprint == digest.hexdigest()


@pytest.mark.parametrize("folder", ["embedcore", "pages", "export", "benchmarks"])
def test_no_module_outside_of_tokens_reads_ranks(folder):
    """Ids by bytes are `Tokenizer.ordinary_id`; a rank is a merge's, and only byte-pair encodings have merges."""
    readers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.is_relative_to(ROOT / "embedcore" / "tokens")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "ranks" and ast.unparse(node.value) != "scoring"
    ]
    assert readers == []
