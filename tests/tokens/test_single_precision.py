"""Unigram in float32: SentencePiece's ids, each with its place in the text, between special tokens too."""

import json

import pytest

from embedcore.tokens.tokenizer import tokenizer_from_json
from export.sources.sentence_piece import sentence_piece_vocabulary
from export.sources.sentence_piece_tokenizer import pieces_json
from tests.sentence_pieces import processor, trained

ROW = "banana" + "a" * 9 + "." * 11 + "=" * 9 + "hahaha" + "a" * 7


@pytest.fixture(scope="module")
def content():
    return trained(model_type="unigram")


@pytest.fixture(scope="module")
def made(content):
    return json.loads(pieces_json(sentence_piece_vocabulary(content, "x.model")))


def test_the_cut_is_that_of_float32_with_its_places(content, made):
    mine, theirs = tokenizer_from_json(json.dumps(made).encode(), "float32"), processor(content)
    text = f"{ROW} ｆｕｌｌ {ROW}"
    encoded = mine.encode(text)
    pieces = theirs.encode(text, return_type="proto").pieces
    assert encoded.token_ids.tolist() == [piece.id for piece in pieces]
    written = [text[start:end] for start, end in encoded.spans.tolist()]
    assert written == [piece.surface for piece in pieces]
    assert "".join(written) == text
    float64 = json.dumps(made | {"model": made["model"] | {"single_precision": False}}).encode()
    assert tokenizer_from_json(float64, "float64").encode(text).token_ids.tolist() != encoded.token_ids.tolist()


def test_a_text_is_cut_between_special_tokens(content, made):
    mine, theirs = tokenizer_from_json(json.dumps(made).encode(), "special"), processor(content)
    text = f"{ROW}<s>{ROW}</s><s>"
    encoded = mine.encode(text, allow_special=True)
    assert encoded.token_ids.tolist() == [*theirs.encode(ROW), 1, *theirs.encode(ROW), 2, 1]
    assert [text[start:end] for start, end in encoded.spans.tolist()][-2:] == ["</s>", "<s>"]
    assert mine.encode("").token_ids.tolist() == []
