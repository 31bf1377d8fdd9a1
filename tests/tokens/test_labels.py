import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.tokens.labels import isolated, label_bytes, token_label
from embedcore.tokens.tokenizer import NAMES


@pytest.mark.parametrize(
    ("token", "label"),
    [
        (b" the", "␣the"),
        (b"\n\n", "⏎⏎"),
        (b"\t\r", "⇥␍"),
        (b"\xe2\x80", "\\xe2\\x80"),
        (b"a\xff", "a\\xff"),
        ("é日🙂".encode(), "é日🙂"),
        ("\u200b\u202e\xa0".encode(), "\\u200b\\u202e\\u00a0"),
        (b"\x00\x7f", "\\u0000\\u007f"),
        ("\ufffd".encode(), "\\ufffd"),
        ("\U000e0001".encode(), "\\U000e0001"),
        ("❤\ufe0f".encode(), "❤\\ufe0f"),  # a mark, but one that draws nothing
        ("\u3164\u2800".encode(), "\\u3164\\u2800"),  # a letter and a symbol that draw nothing
        (b"a b", "a␣b"),
        (None, "∅"),
        ("\ue000".encode(), "\\ue000"),  # of private use: no one knows what it shows
        (b"\\xe2", "\\x5cxe2"),  # letters that spell what a byte is shown as
        (b"\\\xe2", "\\\\xe2"),
        (b"\\n \\xa", "\\n␣\\xa"),
        ("␣⏎".encode(), "\\u2423\\u23ce"),
        ("∅".encode(), "\\u2205"),
        ("∅7".encode(), "\\u2205\\x37"),
        ("∅x".encode(), "∅x"),
        ("\u0301x\u0301".encode(), "◌\u0301x\u0301"),
        (" \u093e\u0902".encode(), "␣◌\u093e\u0902"),
        ("◌\u0301".encode(), "\\u25cc◌\u0301"),
        ("e\u0301é".encode(), "e\\u0301é"),  # two spellings of what looks the same
        ("\u2126".encode(), "\\u2126"),
        (b"", ""),
    ],
)
def test_labels(token, label):
    assert token_label(token) == label


@given(st.binary(max_size=12))
def test_a_label_never_hides_a_byte(token):
    label = token_label(token)
    assert "\ufffd" not in label
    assert label.isprintable()
    assert bool(label) == bool(token)


@given(
    st.one_of(
        st.binary(max_size=12), st.text(alphabet="\\\\xe2u0␣⏎∅◌\u0301 5é\u0917\u093c", max_size=9).map(str.encode)
    )
)
def test_a_label_is_read_back_as_its_bytes(token):
    assert label_bytes(token_label(token)) == token


@pytest.mark.parametrize("label", ["\\ud800", "∅", "∅12"])
def test_what_is_the_label_of_no_bytes(label):
    assert label_bytes(label) is None


@pytest.mark.parametrize("name", NAMES)
def test_no_two_ids_share_a_label_nor_look_alike(name):
    """In cl100k_base the letters `\\xff` and the byte ff had one label, and in o200k_base 146 tokens looked like others."""
    tokenizer = embedcore.get_tokenizer(name)
    every = [tokenizer.token_bytes(row) for row in range(tokenizer.n_vocab)]
    labels = [token_label(token, row) for row, token in enumerate(every)]
    assert len({unicodedata.normalize("NFC", label) for label in labels}) == tokenizer.n_vocab
    assert [label_bytes(label) for label in labels] == every
    assert not any(character.isspace() for character in "".join(labels))  # so a label ends where white space begins
    gap = None in every
    assert gap == (name in ("cl100k_base", "o200k_base"))
    if gap:
        assert labels[every.index(None)] == f"∅{every.index(None)}"


@pytest.mark.parametrize("text", ["0 ال", "ال · שלום 7", "list", "␣ال", "é 日"])
def test_words_from_right_to_left_are_isolated_and_nothing_else(text):
    apart = isolated(text)
    assert apart.replace("\u2068", "").replace("\u2069", "") == text
    words = [
        word
        for word in text.split(" ")
        if any(unicodedata.bidirectional(character) in ("R", "AL") for character in word)
    ]
    assert [word[1:-1] for word in apart.split(" ") if word.startswith("\u2068")] == words
    assert isolated(apart) == apart


def test_every_letter_from_right_to_left_is_isolated():
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.bidirectional(character) in ("R", "AL") and code not in (0x200F, 0x061C):
            assert isolated(f"{character} a") == f"\u2068{character}\u2069 a", hex(code)


def test_a_whole_vocabulary_is_labeled_at_once():
    tokenizer = embedcore.get_tokenizer("o200k_base")
    start = time.perf_counter()
    labels = [token_label(tokenizer.token_bytes(token_id)) for token_id in range(tokenizer.n_vocab)]
    assert len(labels) == 200019
    assert time.perf_counter() - start < 10
