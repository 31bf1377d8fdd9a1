"""Pairs of files of the TensorFlow projector: vectors with tabs between the numbers, and words from the metadata."""

import numpy as np
import pytest

from embedcore.errors import ModelFileError
from export.sources.open import open_source

VECTORS = "0.5\t1\t-2\n1e-3\t0\t7\n"
TABLE = np.array([[0.5, 1, -2], [1e-3, 0, 7]], np.float32)


@pytest.fixture
def opened(tmp_path):
    def opened(vectors=VECTORS, metadata=None, names=("vectors.tsv", "metadata.tsv")):
        (tmp_path / names[0]).write_text(vectors)
        if metadata is not None:
            (tmp_path / names[1]).write_bytes(metadata.encode())
        return open_source(tmp_path / names[0])

    return opened


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (None, None),
        ("the\nof\n", ["the", "of"]),
        ("the\nof", ["the", "of"]),
        ("the\r\nof\r\n", ["the", "of"]),
        ("word\nthe\n", ["word", "the"]),  # as many lines as rows: no line of names
        ("word\nthe\nof\n", ["the", "of"]),
        ("Word\tCount\nthe\t9\nof\t8\n", ["the", "of"]),
        ("count\tlabel\n9\tthe\n8\tof\n", ["the", "of"]),
        ("id\tcount\n9\tx\n8\tx\n", ["9", "8"]),
    ],
)
def test_words_are_those_of_the_metadata(opened, metadata, words):
    source = opened(metadata=metadata)
    assert source.words == words
    np.testing.assert_array_equal(source.read("table"), TABLE)
    np.testing.assert_array_equal(source.read("table", slice(1, 2)), TABLE[1:])


@pytest.mark.parametrize(
    "names", [("vecs.tsv", "meta.tsv"), ("gpt2-vectors.tsv", "gpt2-metadata.tsv"), ("tensors.tsv", "metadata.tsv")]
)
def test_a_pair_is_known_by_its_names(opened, names):
    assert opened(metadata="the\nof\n", names=names).words == ["the", "of"]


def test_other_files_are_no_pair(opened):
    assert opened(metadata="the\nof\n", names=("vectors.tsv", "words.tsv")).words is None


@pytest.mark.parametrize(
    ("vectors", "metadata", "message"),
    [
        (VECTORS, "a\nb\nc\n", r"metadata.tsv: it has 3 lines for the 2 rows of vectors.tsv: give each row a line"),
        (VECTORS, "a\n", r"it has 1 lines for the 2 rows"),
        (VECTORS, "", r"it has 1 lines for the 2 rows"),
        (
            VECTORS,
            "a\t1\nb\t2\n",
            r"it has 2 lines for the 2 rows.*after a line of names where there are several columns",
        ),
        (VECTORS, "word\tn\na\nb\t1\n", r"line 2 has 1 columns, and the first has 2: give every line the same columns"),
        (VECTORS, "a\na\n", r"line 2 has the word 'a', and line 1 has it too"),
        (VECTORS, "word\tn\na\t1\n\t2\n", r"line 3 has no word"),
        ("1\t2\n3\n", None, r"vectors.tsv: line 2 has 1 numbers, and the table is 2 wide"),
        ("the\t2\n", None, r"of line 1|line 1 has 1 numbers|line 1"),
        ("word\tvector\n", None, r"line 1 has 0 numbers"),
    ],
)
def test_what_does_not_belong_together_is_named_with_its_line(opened, vectors, metadata, message):
    with pytest.raises(ModelFileError, match=message):
        opened(vectors, metadata).read("table")


def test_numbers_that_are_none_are_named_with_their_line(opened):
    with pytest.raises(ModelFileError, match=r"number 1 of line 2 is 'x', and no finite float32"):
        opened("1\t2\nx\t3\n").read("table")
