"""What is counted beside the weights of a file: all but raw weights, and the texts of its metadata up to a bound."""

import onnx
import pytest

from embedcore import contract
from embedcore.errors import ModelFileError
from embedcore.files.metadata_text import LARGEST_TOKENIZER
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import parse_model
from embedcore.model.onnx_bytes import n_bytes_beside

TOY = (MODELS_FOLDER / "toy.onnx").read_bytes()


def with_text(n_characters):
    """Return the toy's file with a metadata text of this length."""
    proto = onnx.load_model_from_string(TOY)
    proto.metadata_props.add(key="embedcore.tokenizer_json", value="x" * n_characters)
    return proto.SerializeToString()


def test_a_long_text_is_not_counted_and_a_longer_one_is():
    most = contract.LARGEST_BESIDE
    plain = n_bytes_beside(TOY, most=most, most_texts=LARGEST_TOKENIZER)
    long = n_bytes_beside(with_text(20_000_000), most=most, most_texts=LARGEST_TOKENIZER)
    assert 0 < long - plain < 100  # the key, and the sizes around the text
    too_long = with_text(LARGEST_TOKENIZER + most + 1)
    assert n_bytes_beside(too_long, most=most, most_texts=LARGEST_TOKENIZER) > most
    with pytest.raises(ModelFileError, match=r"4,000,000 bytes that are no raw weights"):
        parse_model(too_long, "long.onnx")


def test_a_bomb_of_empty_messages_is_counted_though_texts_are_not():
    bomb = TOY + b"\x72\x00" * 2_100_000  # metadata without a key or a value, two bytes each
    assert n_bytes_beside(bomb, most=contract.LARGEST_BESIDE, most_texts=LARGEST_TOKENIZER) > contract.LARGEST_BESIDE
    with pytest.raises(ModelFileError, match=r"4,000,000 bytes that are no raw weights"):
        parse_model(bomb, "bomb.onnx")
