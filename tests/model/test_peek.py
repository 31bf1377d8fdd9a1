"""What a file says of itself is read without its weights, and a file that says nothing is no error."""

from dataclasses import replace

import pytest

from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import read_model_file
from embedcore.model.peek import peek


@pytest.mark.parametrize("name", ["toy", "pydoc-gpt"])
def test_it_is_what_the_whole_file_says(name):
    path = MODELS_FOLDER / f"{name}.onnx"
    assert peek(path) == replace(read_model_file(path).metadata, tokenizer_json="")


@pytest.mark.parametrize("content", [b"", b"no protobuf at all", b"\x3a\xff\xff\xff\xff\x7f", b"\x72\x02\x08\x01"])
def test_what_is_no_model_file_says_nothing(content, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    assert peek(path) is None
    assert peek(tmp_path / "absent.onnx") is None


def test_a_cut_file_says_nothing(tmp_path):
    content = (MODELS_FOLDER / "toy.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    for length in range(1, len(content), 97):
        path.write_bytes(content[:length])
        assert peek(path) is None
