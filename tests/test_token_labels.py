import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.token_labels import token_label


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


def test_a_whole_vocabulary_is_labeled_at_once():
    tokenizer = embedcore.get_tokenizer("o200k_base")
    start = time.perf_counter()
    labels = [token_label(tokenizer.token_bytes(token_id)) for token_id in range(tokenizer.n_vocab)]
    assert len(labels) == 200019
    assert time.perf_counter() - start < 10
