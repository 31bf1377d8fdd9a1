r"""Which characters each token covers, against a slow and obvious twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.tokens.spans import byte_spans, byte_starts

GPT2, O200K, TOY = (embedcore.get_tokenizer(name) for name in ("gpt2", "o200k_base", "toy"))
PIECES = st.sampled_from(
    [
        "👩‍👩‍👧‍👦",
        "🙂",
        "日本語",
        "한국어",
        "שלום",
        "العربية",
        "e\u0301",
        "é",
        "\u200b",
        "\u202e",
        " \t\n\r\u3000",
        "    ",
        "<|endoftext|>",
        "don't",
        "Ω≈ç√",
        "\x00",
        "\U0010ffff",
        "字",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join)


def slow_spans(text, token_bytes):
    """Give every byte of the text the number of its character, and take the first and last that a token has."""
    owner = [number for number, character in enumerate(text) for _ in character.encode()]
    spans, start = [], 0
    for token in token_bytes:
        covered = owner[start : start + len(token)]
        spans.append([covered[0], covered[-1] + 1])
        start += len(token)
    assert start == len(owner)
    return np.array(spans, np.int64).reshape(-1, 2)


def slow_shown_spans(token_bytes):
    """Read the bytes one by one: the shortest run that is a character is one, and any other byte is four characters."""
    joined, owner, n_characters, place = b"".join(token_bytes), [], 0, 0
    while place < len(joined):
        for size in (1, 2, 3, 4):
            try:
                joined[place : place + size].decode()
            except UnicodeDecodeError:
                continue
            width = 1
            break
        else:
            size, width = 1, 4
        owner += [(n_characters, n_characters + width)] * size
        n_characters += width
        place += size
    spans, start = [], 0
    for token in token_bytes:
        spans.append([owner[start][0], owner[start + len(token) - 1][1]])
        start += len(token)
    return np.array(spans, np.int64).reshape(-1, 2)


@pytest.mark.parametrize("tokenizer", [GPT2, O200K], ids=lambda tokenizer: tokenizer.name)
@given(text=TEXTS)
def test_the_spans_of_a_text_are_the_twins(tokenizer, text):
    for allow_special in (False, True):
        tokenization = tokenizer.encode(text, allow_special=allow_special)
        np.testing.assert_array_equal(tokenization.spans, slow_spans(text, tokenization.token_bytes))
        assert tokenization.spans.dtype == np.int64
        assert not tokenization.spans.flags.writeable


@given(ids=st.lists(st.integers(0, 50_256), max_size=30))
def test_the_spans_of_given_ids_are_those_of_the_text_as_it_stands(ids):
    tokenization = GPT2.tokenization(np.array(ids, np.int64))
    np.testing.assert_array_equal(tokenization.spans, slow_shown_spans(tokenization.token_bytes))
    for token, (start, end) in zip(tokenization.token_bytes, tokenization.spans.tolist(), strict=True):
        shown = token.decode("utf-8", "backslashreplace")
        assert shown in tokenization.text[start:end] or (b"\xff" not in token and not token.isascii())


@given(st.lists(st.binary(max_size=5), max_size=8))
def test_any_bytes_in_any_pieces(pieces):
    spans, full = byte_spans(pieces), [piece for piece in pieces if piece]
    np.testing.assert_array_equal(spans[[len(piece) > 0 for piece in pieces]], slow_shown_spans(full))
    empty = spans[[len(piece) == 0 for piece in pieces]]
    np.testing.assert_array_equal(empty[:, 0], empty[:, 1])


def test_known_spans():
    assert GPT2.encode("Hello, world").spans.tolist() == [[0, 5], [5, 6], [6, 12]]
    # "🙂" is two tokens of GPT-2, each with some of its four bytes: both cover the whole character.
    assert GPT2.encode("a🙂b").token_bytes == (b"a", b"\xf0\x9f", b"\x99\x82", b"b")
    assert GPT2.encode("a🙂b").spans.tolist() == [[0, 1], [1, 2], [1, 2], [2, 3]]
    assert GPT2.encode("x<|endoftext|>y", allow_special=True).spans.tolist() == [[0, 1], [1, 14], [14, 15]]
    assert TOY.encode("fox jumps over dog").spans.tolist() == [[0, 3], [3, 9], [9, 14], [14, 18]]
    # The first half alone is bytes, and its text says so in four characters each.
    half = GPT2.tokenization(GPT2.encode("a🙂b").token_ids[[0, 1, 3]])
    assert half.text == r"a\xf0\x9fb"
    assert half.spans.tolist() == [[0, 1], [1, 9], [9, 10]]
    assert GPT2.encode("").spans.shape == (0, 2)
    assert GPT2.encode("\ud83d\ude42").spans.tolist() == [[0, 1], [0, 1]]  # a character that came as two halves


@pytest.mark.parametrize("text", ["fox jumps", " שלום עולם", "日本語", "\n\n  \t x"])
def test_a_span_is_the_tokens_own_text_where_the_token_is_whole_characters(text):
    tokenization = (TOY if text.startswith("fox") else O200K).encode(text)
    for token, (start, end) in zip(tokenization.token_bytes, tokenization.spans.tolist(), strict=True):
        try:
            assert token.decode() == text[start:end]
        except UnicodeDecodeError:
            assert end - start >= 1


@given(st.lists(st.binary(max_size=3), max_size=6))
def test_a_tokens_bytes_begin_after_those_before_it(token_bytes):
    expected = [len(b"".join(token_bytes[:index])) for index in range(len(token_bytes))]
    assert byte_starts(token_bytes).tolist() == expected
