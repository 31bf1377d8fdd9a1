"""Ids of one vocabulary in another: the same bytes, the same token, or none."""

import numpy as np
import pytest

from embedcore.errors import TokenizationError
from embedcore.space.carried import NOT_THERE, carried, carried_expression
from embedcore.space.expressions import parse_expression
from embedcore.tokens.encoding import Encoded
from embedcore.tokens.tokenizer import NAMES, Tokenizer, get_tokenizer

IN_GPT2 = [7586, 3290, 12792, 18045, 16931, 625]  # of toy's tokens


def every(tokenizer):
    return np.arange(tokenizer.n_vocab)


def small(name, ranks, special_tokens):
    """Return a tokenizer of a few tokens."""
    encoding = type("Encoding", (), {"n_vocab": 9, "special_tokens": special_tokens, "merges": None})()
    encoding.tokens = ranks.items()
    encoding.encode = lambda text, *, allow_special: Encoded([])
    return Tokenizer(name, encoding)


@pytest.mark.parametrize(("one", "two"), [("gpt2", "cl100k_base"), ("p50k_base", "gpt2"), ("toy", "gpt2")])
def test_a_token_is_carried_by_its_bytes_or_not_at_all(one, two):
    one, two = get_tokenizer(one), get_tokenizer(two)
    ids = carried(every(one), one, two)
    for token_id, other in enumerate(ids.tolist()):
        token = one.token_bytes(token_id)
        is_special = token_id in one.special_tokens.values()
        if other == NOT_THERE:
            assert token is None or (token.decode() not in two.special_tokens if is_special else token not in two.ranks)
        else:
            assert two.token_bytes(other) == token
            assert (other in two.special_tokens.values()) == is_special
    there = np.flatnonzero(ids != NOT_THERE)
    np.testing.assert_array_equal(carried(ids[there], two, one), there)  # and back


def test_the_order_is_kept_and_what_is_no_token_is_carried_nowhere():
    toy, gpt2 = get_tokenizer("toy"), get_tokenizer("gpt2")
    assert carried(every(toy), toy, gpt2).tolist() == IN_GPT2
    assert carried(np.array([625, 1, 3290, 3290]), gpt2, toy).tolist() == [5, NOT_THERE, 1, 1]
    assert carried(np.array([-1, 6, 10**12]), toy, gpt2).tolist() == [NOT_THERE] * 3
    assert carried(np.zeros(0, np.int64), toy, gpt2).shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_within_a_vocabulary_an_id_stays(name):
    tokenizer = get_tokenizer(name)
    np.testing.assert_array_equal(carried(every(tokenizer), tokenizer, tokenizer), every(tokenizer))


def test_a_special_token_is_not_the_ordinary_one_of_the_same_bytes():
    one = small("one", {b"a": 0, b"<s>": 1}, {"<e>": 2})
    two = small("two", {b"a": 5, b"<e>": 6}, {"<s>": 7, "<e>": 8})
    assert carried(np.arange(4), one, two).tolist() == [5, NOT_THERE, 8, NOT_THERE]  # 3 is a gap


def test_a_vocabulary_is_what_it_holds_and_not_what_it_is_called():
    ids = np.arange(4)  # 3 is a gap
    one, two = small("same", {b"a": 0, b"b": 1}, {"<e>": 2}), small("same", {b"b": 0, b"a": 1}, {"<e>": 2})
    assert carried(ids, one, two).tolist() == [1, 0, 2, NOT_THERE]
    assert carried_expression("#0 - #3", one, two) == '#1 - ""'
    renamed = small("another name", {b"a": 0, b"b": 1}, {"<e>": 2})
    assert carried(ids, one, renamed).tolist() == [0, 1, 2, 3]
    assert carried_expression("#0 - #3", one, renamed) == "#0 - #3"
    np.testing.assert_array_equal(
        carried(np.arange(50_257), get_tokenizer("gpt2"), get_tokenizer("r50k_base")), np.arange(50_257)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("dog - #5", "dog - #625"), ('"#5" + id:1 - 2*#3', '"#5" + #3290 - 2*#18045'), ("#5", "#625"), ("a#5", "a#5"),
     ("#999 + x", "#999 + x"), ("", ""), ("'id:2' − #2", "'id:2' − #12792"), ("over jumps", "over jumps")],
)  # fmt: skip
def test_ids_in_an_expression_are_carried_and_nothing_else(text, expected):
    assert carried_expression(text, get_tokenizer("toy"), get_tokenizer("gpt2")) == expected


def test_an_id_that_is_not_there_is_written_as_its_bytes_which_reading_names():
    gpt2, toy = get_tokenizer("gpt2"), get_tokenizer("toy")
    for token_id, written in ((1, r'"\\""'), (1351, '" list"'), (50256, '"<|endoftext|>"')):
        text = carried_expression(f"dog - #{token_id}", gpt2, toy)
        assert text == f"dog - {written}".replace(r"\\", "\\")
        with pytest.raises(TokenizationError, match="is no token of toy"):
            parse_expression(text, toy)
