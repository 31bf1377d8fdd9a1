"""Tokenizers of model files: one name for each content, and never another content under it."""

import gc

import pytest
from tokenizers import Tokenizer as HuggingFace
from tokenizers import models, pre_tokenizers

from embedcore.errors import TokenizationError
from embedcore.tokens.label_file import vocabulary_labels
from embedcore.tokens.tokenizer import NAMES, get_tokenizer, tokenizer_from_json


def words(*listed):
    one = HuggingFace(models.WordLevel({word: number for number, word in enumerate(listed)}, unk_token=listed[0]))
    one.pre_tokenizer = pre_tokenizers.Whitespace()
    return one.to_str().encode()


def test_a_content_has_one_name_and_a_name_one_content():
    first = tokenizer_from_json(words("?", "cat"), "of a test")
    assert first.name == "of a test"
    assert tokenizer_from_json(words("?", "cat"), "of a test") is first
    second = tokenizer_from_json(words("?", "dog"), "of a test")
    assert second.name == "of a test (2)"
    assert get_tokenizer("of a test") is first
    assert get_tokenizer("of a test (2)") is second
    assert (vocabulary_labels("of a test")[1], vocabulary_labels("of a test (2)")[1]) == ("cat", "dog")


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_built_in_name_is_never_taken(name):
    own = tokenizer_from_json(words("?", "cat"), name)
    assert own.name == f"{name} (2)"
    assert get_tokenizer(name).n_vocab > 1_000


def test_what_nobody_holds_is_gone_and_its_name_is_not_given_to_another():
    one = tokenizer_from_json(words("?", "gone"), "short-lived")
    assert one.name == "short-lived"
    del one
    gc.collect()
    with pytest.raises(TokenizationError, match="short-lived"):
        get_tokenizer("short-lived")
    assert tokenizer_from_json(words("?", "other"), "short-lived").name == "short-lived (2)"
    assert tokenizer_from_json(words("?", "gone"), "short-lived").name == "short-lived"
