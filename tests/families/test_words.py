"""A bare table of words becomes a model: its words are the tokens, and a word that it lacks is an error or its own."""

import json

import numpy as np
import pytest

import embedcore
from embedcore.errors import TokenizationError
from embedcore.tokens.huggingface import encoding_from_json
from export.__main__ import main
from export.families.words import tokenizer_of_words

GLOVE = "the 0.1 0.2 0.3\nking 1 0 0.5\nqueen 0.9 0.1 0.6\n, 0 0 1\ncar -1 0.3 -0.2\n3.5 0 -1 0\n"


def test_word_vectors_as_text_become_a_model_that_knows_neighbors(tmp_path):
    (tmp_path / "glove.txt").write_text(GLOVE)
    main(["checkpoint", str(tmp_path / "glove.txt"), "-o", str(tmp_path / "glove.onnx")])
    model = embedcore.open_model(tmp_path / "glove.onnx", provider="cpu")
    said = model.tokenizer.encode("The king,\nthe Queen 3.5 car")
    assert said.token_ids.tolist() == [0, 1, 3, 0, 2, 5, 4]
    assert said.spans[:3].tolist() == [[0, 3], [4, 8], [8, 9]]
    rows = np.array([line.split()[1:] for line in GLOVE.splitlines()], np.float32)
    np.testing.assert_array_equal(model.run(said.token_ids).input_embeddings[0], rows[said.token_ids])
    assert embedcore.neighbors(model.table, model.table[[1]], k=2).token_ids.tolist() == [[1, 2]]


def test_a_word_that_the_table_lacks_is_named():
    encoding = encoding_from_json(tokenizer_of_words(["the", "king"]), "the tokenizer of glove")
    with pytest.raises(TokenizationError, match=r"'kingdom' is none of the 2 words of the tokenizer of glove.*take it"):
        encoding.encode("the kingdom", allow_special=False)


@pytest.mark.parametrize("unknown", ["<unk>", "UNK"])
def test_a_word_that_the_table_lacks_is_its_own_unknown_word(unknown):
    encoding = encoding_from_json(tokenizer_of_words(["the", unknown, "king"]), "words")
    assert list(encoding.encode("the kingdom", allow_special=False).token_ids) == [0, 1]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("don't stop.", ["don't", "stop", "."]),
        ("New_York (3.5)", ["New_York", "(", "3.5", ")"]),
        ("naïve Übung—日本", ["naïve", "Übung", "—", "日本"]),
        ("n\u0303a", ["n\u0303a"]),
    ],
)
def test_a_text_is_cut_into_words_and_marks(text, cut):
    words = list(dict.fromkeys([*cut, "Capital"]))
    encoding = encoding_from_json(tokenizer_of_words(words), "words")
    assert [words[token_id] for token_id in encoding.encode(text, allow_special=False).token_ids] == cut


def test_a_table_with_capitals_keeps_them_apart():
    assert json.loads(tokenizer_of_words(["Paris", "paris"]))["normalizer"] is None
    encoding = encoding_from_json(tokenizer_of_words(["Paris", "paris"]), "words")
    assert list(encoding.encode("paris Paris", allow_special=False).token_ids) == [1, 0]
