import contextlib
import re
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import ShapeError, TokenizationError, UnknownTokenId
from embedcore.tokens import search as vocabulary_search
from embedcore.tokens.search import PATTERN_SECONDS, search_vocabulary

GPT2 = embedcore.get_tokenizer("gpt2")


@pytest.fixture
def patient(monkeypatch):
    """Let a pattern take as long as a busy machine needs: its matches are tested, not its time."""
    monkeypatch.setattr(vocabulary_search, "PATTERN_SECONDS", 600.0)


def test_text_is_found_wherever_it_stands_and_exactly_first():
    matches = search_vocabulary(GPT2, " list", by="text")
    expected = [i for i in range(GPT2.n_vocab) if " list" in (GPT2.token_bytes(i) or b"").decode("utf-8", "replace")]
    assert sorted(matches.token_ids.tolist()) == expected
    assert matches.n_matches == len(expected) == 11
    assert GPT2.token_bytes(int(matches.token_ids[0])) == b" list"


@pytest.mark.parametrize("query", ["e2 80", "E280", "\\xe2\\x80", "0xe2, 0x80"])
def test_bytes_are_found_however_written(query):
    matches = search_vocabulary(GPT2, query, by="bytes")
    assert GPT2.token_bytes(int(matches.token_ids[0])) == b"\xe2\x80"
    assert all(b"\xe2\x80" in GPT2.token_bytes(i) for i in matches.token_ids.tolist())


@pytest.mark.parametrize(("query", "ids"), [("262", [262]), (" 5-7 ", [5, 6, 7]), ("5…6", [5, 6]), ("", [])])
def test_ids_and_ranges(query, ids):
    assert search_vocabulary(GPT2, query, by="id").token_ids.tolist() == ids


def test_a_limit_keeps_the_count():
    matches = search_vocabulary(GPT2, "a", by="text", limit=5)
    assert len(matches.token_ids) == 5 < matches.n_matches


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_named(limit):
    with pytest.raises(ShapeError, match=f"limit is {limit}, but must be 1"):
        search_vocabulary(GPT2, "a", by="text", limit=limit)


def test_special_tokens_are_found_too():
    assert search_vocabulary(GPT2, "<|endoftext|>", by="text").token_ids.tolist() == [50256]


@settings(deadline=None, max_examples=40)
@given(st.one_of(st.binary(min_size=1, max_size=2), st.sampled_from(list(GPT2.ranks))))
def test_the_whole_vocabulary_equals_the_slow_twin(needle):
    matches = search_vocabulary(GPT2, needle.hex(" "), by="bytes", limit=GPT2.n_vocab)
    holding = [i for i in range(GPT2.n_vocab) if needle in GPT2.token_bytes(i)]
    exact = [i for i in holding if GPT2.token_bytes(i) == needle]
    assert matches.token_ids.tolist() == exact + [i for i in holding if i not in exact]


def test_nothing_is_found_for_nothing():
    assert search_vocabulary(GPT2, "", by="text").n_matches == 0
    assert search_vocabulary(GPT2, "no such token at all", by="text").n_matches == 0


@pytest.mark.parametrize(
    ("query", "by", "error", "words"),
    [("e2 8", "bytes", TokenizationError, "two digits a byte"), ("zz", "bytes", TokenizationError, "'zz'"),
     ("1.5", "id", TokenizationError, "'1.5' is no token id"), ("60000", "id", UnknownTokenId, "60000 is outside 0…50256"),
     ("-4", "id", UnknownTokenId, "-4 is outside"), ("7-5", "id", TokenizationError, "write 5-7"),
     ("\ud800", "text", TokenizationError, "lone surrogate"), ("e 2", "bytes", TokenizationError, "'e 2'"),
     ("10x2", "bytes", TokenizationError, "'10x2'"), ("9" * 5000, "id", TokenizationError, "is no token id"),
     ("5", "ids", TokenizationError, "'ids': choose one of text, bytes, regex, id")],
)  # fmt: skip
def test_bad_queries_are_named(query, by, error, words):
    with pytest.raises(error, match=words):
        search_vocabulary(GPT2, query, by=by)


TEXTS = [GPT2.token_bytes(token_id).decode("utf-8", "backslashreplace") for token_id in range(GPT2.n_vocab)]


@pytest.mark.parametrize(
    "pattern", [r"^ [A-Z]{2}$", r"\d{4}", r"(?i)LIST", r"^\\x[0-9a-f]{2}$", r"[ \t]$", r"(\w)\1\1", r"^(?!.*[a-z])[!-/]+$", "é", r"\|>$",
                r"(?:ab|cd)+", r"\{", r"[{}]?\Z(?<=[{}])".replace("{", "\\{")],
)  # fmt: skip
@pytest.mark.usefixtures("patient")
def test_a_pattern_finds_what_pythons_re_finds(pattern):
    matches = search_vocabulary(GPT2, pattern, by="regex", limit=GPT2.n_vocab)
    expected = [token_id for token_id, text in enumerate(TEXTS) if re.search(pattern, text)]
    assert matches.token_ids.tolist() == expected
    assert matches.n_matches == len(expected) > 0


@pytest.mark.usefixtures("patient")
def test_a_pattern_finds_bytes_that_are_no_character_and_scripts():
    partial = search_vocabulary(GPT2, r"^\\xe2\\x80$", by="regex").token_ids.tolist()
    assert [GPT2.token_bytes(token_id) for token_id in partial] == [b"\xe2\x80"]
    o200k = embedcore.get_tokenizer("o200k_base")
    assert o200k.ranks["日本".encode()] in search_vocabulary(o200k, r"^\p{Han}+$", by="regex", limit=10**6).token_ids


@pytest.mark.parametrize("pattern", [r"^(-|-)*[xy]$", r"(\W|\W)*[xy]$"])
def test_a_pattern_that_never_ends_is_stopped(pattern):
    with pytest.raises(TokenizationError, match="took more than 2 seconds and was stopped: make it simpler"):
        search_vocabulary(GPT2, pattern, by="regex")


class SlowPattern:
    """A pattern each of whose searches takes `seconds` on a clock of its own, or at most the time that is left."""

    def __init__(self, seconds):
        self.seconds, self.now, self.left = seconds, 100.0, []

    def search(self, text, timeout):
        self.left.append(timeout)
        self.now += min(self.seconds, timeout)
        if self.seconds > timeout:
            raise TimeoutError


@pytest.mark.parametrize(("seconds", "n_searches"), [(0.5, 4), (0.75, 3), (5.0, 1)])
def test_all_tokens_share_one_budget_of_time(seconds, n_searches, monkeypatch):
    slow = SlowPattern(seconds)
    monkeypatch.setattr(vocabulary_search, "_pattern", lambda query: slow)
    monkeypatch.setattr(vocabulary_search, "time", SimpleNamespace(perf_counter=lambda: slow.now))
    with pytest.raises(TokenizationError, match="took more than 2 seconds and was stopped"):
        search_vocabulary(GPT2, "slow", by="regex")
    assert slow.left == [PATTERN_SECONDS - seconds * index for index in range(n_searches)]
    assert slow.now == 100.0 + PATTERN_SECONDS


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(a", "cannot be read at character 2: missing"), ("*", "at character 0: nothing to repeat"), ("a[", "at character 2"),
     ("((a{100}){100}){100}", r"counts up to \{100\} at character 9 multiply to 10,000, and 1,000 is the most"),
     ("a{1,99999}", "multiply to 99,999"), ("a{", "{ at character 1 begins no count"), ("(?:x){e<=2}", "at character 5 begins no count"),
     ("(?R)", r"'\(\?R' at character 0 lets the pattern call itself"), ("(a)(?1)", "at character 3 lets"), ("a" * 201, "201 characters, and 200"),
     ("a(?&n)", "at character 1 lets"), ("\ud800", "lone surrogate"), ("(?P<n>a)(?P>n)", "at character 8 lets"), ("a\\", "cannot be read"),
     ("\\p{Klingon}", "cannot be read")],
)  # fmt: skip
def test_bad_patterns_are_named_with_their_place(pattern, words):
    with pytest.raises(TokenizationError, match=words):
        search_vocabulary(GPT2, pattern, by="regex")


def test_no_pattern_finds_nothing():
    assert search_vocabulary(GPT2, "", by="regex").n_matches == 0


PIECES = st.sampled_from(
    [
        "a",
        "(",
        ")",
        "(?:",
        "[",
        "]",
        "^",
        "-",
        "{2}",
        "{,9}",
        "{",
        "}",
        "*",
        "+",
        "?",
        "|",
        "\\",
        "\\w",
        "\\1",
        "(?=",
        "(?i)",
        ".",
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=10).map("".join)))
def test_any_pattern_is_searched_or_says_why_not(pattern):
    toy = embedcore.get_tokenizer("toy")
    with contextlib.suppress(TokenizationError):
        matches = search_vocabulary(toy, pattern, by="regex")
        assert matches.token_ids.tolist() == sorted(set(matches.token_ids.tolist()))
        assert matches.n_matches <= toy.n_vocab
