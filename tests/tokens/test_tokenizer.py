import base64
import random
import subprocess
import sys

import numpy as np
import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.tokens.given_text import MAX_WHITE_SPACE
from embedcore.tokens.tokenizer import NAMES, TOY_TOKENS
from embedcore.tokens.vocabularies import FILES, load_encoding

SIZES = {
    "gpt2": 50257,
    "r50k_base": 50257,
    "p50k_base": 50281,
    "p50k_edit": 50284,
    "cl100k_base": 100277,
    "o200k_base": 200019,
    "o200k_harmony": 201088,
    "toy": 6,
}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def test_vocabulary_sizes():
    assert {name: embedcore.get_tokenizer(name).n_vocab for name in NAMES} == SIZES


@pytest.mark.parametrize("name", FILES)
@settings(deadline=None, max_examples=150)
@given(text=texts)
def test_nothing_is_lost_whatever_the_text(name, text):
    tokenizer = embedcore.get_tokenizer(name)
    cut = tokenizer.encode(text)
    assert b"".join(cut.token_bytes) == text.encode()
    assert tokenizer.decode_bytes(cut.token_ids) == text.encode()
    assert cut.token_ids.dtype == np.int64
    assert not cut.token_ids.flags.writeable
    assert len(cut.token_ids) == len(cut.token_bytes)
    assert tokenizer.tokenization(cut.token_ids.tolist()).text == text
    assert tokenizer.encode_ids(text) == cut.token_ids.tolist()


def test_the_ids_that_the_book_prints():
    ids = embedcore.get_tokenizer("gpt2").encode("Hello, do you like tea?").token_ids
    assert ids.tolist() == [15496, 11, 466, 345, 588, 8887, 30]
    assert embedcore.get_tokenizer("toy").encode("fox jumps over dog").token_ids.tolist() == [2, 3, 5, 1]


def test_special_tokens_are_text_unless_asked_for():
    tokenizer = embedcore.get_tokenizer("gpt2")
    assert len(tokenizer.encode("<|endoftext|>").token_ids) == 7
    assert tokenizer.encode("<|endoftext|>", allow_special=True).token_ids.tolist() == [50256]
    assert tokenizer.special_tokens == {"<|endoftext|>": 50256}


def test_gaps_are_rows_that_no_text_reaches():
    cl100k, o200k = embedcore.get_tokenizer("cl100k_base"), embedcore.get_tokenizer("o200k_base")
    gaps = [[i for i in range(t.n_vocab) if t.token_bytes(i) is None] for t in (cl100k, o200k)]
    assert gaps[0] == [100256, *range(100261, 100276)]
    assert gaps[1] == [199998, *range(200000, 200018)]
    with pytest.raises(UnknownTokenId, match="100256 is a gap"):
        cl100k.decode_bytes([100256])


@pytest.mark.parametrize(
    ("token_id", "words"),
    [(60000, "60000 is outside 0…50256, the vocabulary of gpt2"), (-1, "-1 is outside"), (10**30, "outside"),
     (1.5, "1.5 is no whole number"), (True, "True is no whole number"), ("7", "'7' is no whole number")],
)  # fmt: skip
def test_bad_ids_are_named(token_id, words):
    for call in (
        lambda tokenizer: tokenizer.decode_bytes([token_id]),
        lambda tokenizer: tokenizer.token_bytes(token_id),
        lambda tokenizer: tokenizer.tokenization([token_id]),
    ):
        with pytest.raises(UnknownTokenId, match=words):
            call(embedcore.get_tokenizer("gpt2"))


@pytest.mark.parametrize("token_ids", [5, None])
def test_a_bare_id_is_asked_into_a_list(token_ids):
    with pytest.raises(UnknownTokenId, match=f"not {token_ids}: put them in a list"):
        embedcore.get_tokenizer("gpt2").decode_bytes(token_ids)


def test_half_a_character_is_named_not_replaced():
    with pytest.raises(TokenizationError, match=r"character 2 .*U\+D800"):
        embedcore.get_tokenizer("gpt2").encode("ab\ud800")


def test_what_is_no_text_is_named():
    with pytest.raises(TokenizationError, match="bytes: decode"):
        embedcore.get_tokenizer("gpt2").encode(b"abc")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("piece", ["a", " ", "\n", "🙂", "字", "!", "\u200b"])
def test_a_long_run_of_one_character_passes_however_even(name, piece):
    text = piece * 100_001
    assert b"".join(embedcore.get_tokenizer(name).encode(text).token_bytes) == text.encode()


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
@pytest.mark.parametrize("kind", ["base64", "Chinese", "digits", "one letter"])
def test_a_long_text_without_a_space_is_cut_as_tiktoken_cuts_it(name, kind):
    rng = random.Random(3)
    text = {
        "base64": base64.b64encode(rng.randbytes(120_000)).decode(),
        "Chinese": "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(120_000)),
        "digits": "".join(rng.choices("0123456789", k=150_000)),
        "one letter": "a" * 150_000,
    }[kind]
    token_ids = embedcore.get_tokenizer(name).encode(text).token_ids
    assert token_ids.tolist() == load_encoding(name).encode_ordinary(text)


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
@pytest.mark.parametrize("space", [" ", "\n", "\u3000"])
def test_the_longest_white_space_that_is_let_through_is_cut(name, space):
    """A panic of tiktoken is no Exception: it would end this test with its own name."""
    run = (space * MAX_WHITE_SPACE)[:MAX_WHITE_SPACE]
    for text in (run, "x" + run + "a"):
        assert b"".join(embedcore.get_tokenizer(name).encode(text).token_bytes) == text.encode()


@pytest.mark.parametrize("space", [" ", "\n", "\u2028", " \t\r\u3000"])
def test_white_space_that_would_break_tiktoken_is_refused_with_both_numbers(space):
    text = "x" + (space * 600_001)[:600_001] + "a"
    with pytest.raises(TokenizationError, match=r"600,001 characters of white space .*500,000 .*: take some out"):
        embedcore.get_tokenizer("o200k_base").encode(text)
    broken = text[:300_000] + "." + text[300_000:]
    assert embedcore.get_tokenizer("o200k_base").encode(broken).text == broken


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "text", ["\ud83d\ude00", "a\ud83d\ude00b \ud834\udd1e", "\ufeff\ud83d\ude00", "🙂\ud83d\ude00"]
)
def test_a_character_that_came_in_two_halves_is_mended_as_tiktoken_does(name, text):
    cut = embedcore.get_tokenizer(name).encode(text)
    assert cut.token_ids.tolist() == load_encoding(name).encode_ordinary(text)
    assert cut.text == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    assert b"".join(cut.token_bytes) == cut.text.encode()


@pytest.mark.parametrize(
    ("text", "place"),
    [("\ud83d\ude00\ude00", 2), ("\ud83d\ud83d\ude00", 0), ("a\ude00\ud83d", 1), ("\ud83d\ude00 \ud800", 3)],
)
def test_half_a_character_beside_a_whole_one_is_named_with_its_place(text, place):
    for name in ("gpt2", "toy"):
        for encode in (embedcore.get_tokenizer(name).encode, embedcore.get_tokenizer(name).encode_ids):
            with pytest.raises(TokenizationError, match=f"character {place} of the text is a lone surrogate"):
                encode(text)


def test_empty_text_has_no_tokens():
    cut = embedcore.get_tokenizer("gpt2").encode("")
    assert cut.token_bytes == ()
    assert cut.token_ids.shape == (0,)


def test_the_toy_names_what_it_does_not_know():
    with pytest.raises(TokenizationError, match=r"' cat' at character 3 .* 6 tokens"):
        embedcore.get_tokenizer("toy").encode("fox cat")
    assert embedcore.get_tokenizer("toy").decode_bytes(range(6)) == b"".join(TOY_TOKENS)


def test_an_unknown_tokenizer_names_the_known():
    with pytest.raises(TokenizationError, match=r"'gpt9'.*gpt2, .*toy"):
        embedcore.get_tokenizer("gpt9")


@pytest.mark.parametrize("name", FILES)
def test_ids_are_tiktokens_own(name):
    text = "A list is like a tuple — naïve 日本 🙂\n\n\t  x = [1, 2]"
    assert embedcore.get_tokenizer(name).encode(text).token_ids.tolist() == tiktoken.get_encoding(name).encode(text)


# An empty TIKTOKEN_CACHE_DIR tells tiktoken to keep no cache, whatever DATA_GYM_CACHE_DIR says: it would ask the network.
@pytest.mark.parametrize(
    "variables", [{}, {"TIKTOKEN_CACHE_DIR": ""}, {"TIKTOKEN_CACHE_DIR": "", "DATA_GYM_CACHE_DIR": "x"}]
)
def test_all_encodings_come_up_without_a_network(tmp_path, variables):
    code = """
import socket
def refuse(*args, **kwargs): raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import embedcore
from embedcore.tokens.vocabularies import FILES
for name in FILES:
    print(name, embedcore.get_tokenizer(name).encode("Hello, world").token_ids.tolist())
"""
    home = {"XDG_CACHE_HOME": str(tmp_path), "PATH": "", **variables}
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=home)
    assert run.stdout.splitlines()[0] == "gpt2 [15496, 11, 995]"
    assert len(run.stdout.splitlines()) == 7


def test_the_names_of_special_tokens_are_those_of_tiktoken():
    harmony, edit = embedcore.get_tokenizer("o200k_harmony"), embedcore.get_tokenizer("p50k_edit")
    text = "<|start|>assistant<|channel|>final<|message|>Hi<|return|>"
    assert harmony.encode(text, allow_special=True).token_ids.tolist() == [
        200006, 173781, 200005, 17196, 200008, 12194, 200002,
    ]  # fmt: skip
    assert (
        harmony.encode("a list").token_ids.tolist()
        == embedcore.get_tokenizer("o200k_base").encode("a list").token_ids.tolist()
    )
    assert harmony.token_bytes(200018) == b"<|endofprompt|>"
    assert harmony.token_bytes(201087) == b"<|reserved_201087|>"
    assert edit.encode("<|fim_suffix|>", allow_special=True).token_ids.tolist() == [50283]
