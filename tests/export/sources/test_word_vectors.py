"""Word vectors as text and as word2vec's binary: every row with its word, and an error that names the line."""

import re
import struct

import numpy as np
import pytest

from embedcore.errors import ModelFileError
from export.sources import text_rows, word2vec, word_table
from export.sources.open import open_source
from export.sources.word_table import check_table_values

WORDS = ["the", ",", "2", "naïve", "日本", "</s>", "\u00a0", "x\u2028y"]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)


def lines(words=WORDS, table=TABLE, *, separator=" ", end="\n"):
    return "".join(
        separator.join([word, *(f"{number:.9g}" for number in row)]) + end
        for word, row in zip(words, table, strict=True)
    )


def binary(words=WORDS, table=TABLE, *, end=b"\n", head=None):
    head = f"{len(words)} {table.shape[1]}\n".encode() if head is None else head
    pairs = zip(words, table, strict=True)
    return head + b"".join(word.encode() + b" " + row.astype("<f4").tobytes() + end for word, row in pairs)


@pytest.fixture
def opened(tmp_path):
    def opened(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_source(path)

    return opened


GOOD = {
    "GloVe": ("glove.6B.5d.txt", lines()),
    "GloVe, no last line break": ("glove.txt", lines()[:-1]),
    "Windows": ("glove.txt", lines(end="\r\n")),
    "tabs": ("glove.txt", lines(separator="\t")),
    "word2vec's text": ("vectors.txt", "8 5\n" + lines(end=" \n")),
    "fastText": ("crawl.vec", "8 5\n" + lines(end=" \n")),
    "no suffix": ("vectors", "8 5\n" + lines()),
    "word2vec": ("vectors.bin", binary()),
    "gensim": ("vectors.bin", binary(end=b"")),
    "word2vec without a known suffix": ("vectors.w2v", binary(words=WORDS, table=TABLE * np.float32(0) + 1)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), GOOD.values(), ids=GOOD)
def test_rows_and_words_are_read(opened, name, content):
    source = opened(content, name)
    table = np.ones_like(TABLE) if name.endswith("w2v") else TABLE
    assert source.words == WORDS
    assert source.tensors["table"].shape == TABLE.shape
    for rows in (None, slice(0, 1), slice(2, 7, 2), slice(None, None, -1), slice(3, 3)):
        got = source.read("table", rows)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, table if rows is None else table[rows])
    assert (source.config, source.tokenizer_json, source.beside("x"), source.read_blocks("table")) == (
        {},
        None,
        None,
        None,
    )
    with pytest.raises(ModelFileError, match=r"no tensor 'wte' in it: choose table"):
        source.read("wte")
    source.close()
    with pytest.raises(ModelFileError, match=r"was closed"):
        source.read("table")


@pytest.mark.parametrize(("name", "content"), [("a.txt", lines()), ("a.bin", binary())])
def test_rows_are_the_same_while_memory_is_let_go(opened, name, content, monkeypatch):
    for module in (text_rows, word2vec, word_table):
        monkeypatch.setattr(module, "_AT_ONCE", 16)
    source = opened(content, name)
    for rows in (slice(None), slice(None, None, -1)):
        np.testing.assert_array_equal(source.read("table", rows), TABLE[rows])


def test_a_word_may_have_spaces_and_look_like_a_number(opened):
    """As in glove.840B.300d; the first line too."""
    words = [". . .", "at name@domain.com", "1", "nan", "3 000,5"]
    source = opened(lines(words, TABLE[:5]))
    assert source.words == words
    np.testing.assert_array_equal(source.read("table"), TABLE[:5])


def test_a_word_that_is_no_text_is_shown_by_its_bytes(opened):
    words = [b"\xe2\x80", b"\xe2\x80\x9c", b"a\xff"]
    text = b"".join(word + b" 1 2\n" for word in words)
    in_binary = b"3 2\n" + b"".join(word + b" " + struct.pack("<2f", 1, 2) for word in words)
    for content, name in ((text, "a.txt"), (in_binary, "a.bin")):
        assert opened(content, name).words == ["\\xe2\\x80", "“", "a\\xff"]


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "inf", "-Infinity", "1e400", "1e39", "-4e38", "x", "1_0", "0x1", "", "1,5"]
)
def test_what_is_no_finite_number_is_named_with_its_line(opened, word):
    source = opened(f"the 1 2 3\nof 1 {word} 3\n")
    np.testing.assert_array_equal(source.read("table", slice(1)), [[1, 2, 3]])
    with pytest.raises(
        ModelFileError,
        match=rf"vectors.txt: number 2 of line 2 is '{re.escape(word)}', and no finite float32: mend that line",
    ):
        source.read("table")


TEXTS = {
    "ragged": ("a 1 2 3\nb 1 2\nc 1 2 3\n", r"line 2 has 2 numbers, and the table is 3 wide: mend that line"),
    "ragged, longer": ("a 1 2 3\nb 1 2 3 4\n", r"line 2 has 4 numbers, and the table is 3 wide"),
    "ragged in the first": ("2 3\na 1 2\nb 1 2 3\n", r"line 2 has 2 numbers, and the table is 3 wide"),
    "empty line": ("a 1 2\n\nb 1 2\n", r"line 2 has 0 numbers, and the table is 2 wide"),
    "only a word": ("a 1 2\nb\n", r"line 2 has 0 numbers, and the table is 2 wide"),
    "no word": ("a 1 2\n 1 2\n", r"line 2 has no word: give it one"),
    "twice": ("a 1 2\nb 3 4\na 5 6\n", r"line 3 has the word 'a', and line 1 has it too: remove one of the two"),
    "too few": ("3 2\na 1 2\nb 1 2\n", r"line 1 says 3 vectors, and 2 lines of them follow: correct line 1, or fetch"),
    "too many": ("1 2\na 1 2\nb 1 2\n", r"line 1 says 1 vectors, and 2 lines of them follow"),
    "none": ("0 2\n", r"it has no vectors"),
    "no width": ("1 0\na\n", r"line 2 has 0 numbers, and a table has 1 to 65,536"),
    "absurd width": ("1 999999\na 1\n", r"line 2 has 999,999 numbers, and a table has 1 to 65,536"),
    "a text": ("Call me Ishmael.\n", r"line 1 has 0 numbers, and a table has 1 to 65,536: give a file whose lines"),
    "line breaks": ("\n\n\n", r"line 1 has 0 numbers"),
    "binary": (bytes(range(256)) * 10, r"vectors.txt: "),
    "one long line": (b"a" * (2**21 + 1), r"line 1 is longer than 2,097,152 bytes"),
    "wide": ("a" + " 1" * 70_000, r"line 1 has \S+ numbers, and a table has 1 to 65,536"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), TEXTS.values(), ids=TEXTS)
def test_a_line_that_is_wrong_is_named(opened, content, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        opened(content)
    assert len(str(caught.value)) < 400


BINARIES = {
    "cut": (binary()[:-10], r"vector 8 of 8 is not whole: fetch the file again; or is it text\? then name it .txt|too many for"),
    "cut in a word": (binary(end=b"")[:-22], r"vector 8 of 8 is not whole|too many for"),
    "more": (binary() + b"more", r"4 bytes follow the 8 vectors of its first line|5 bytes follow"),
    "absurd count": (binary(head=b"999999999999 5\n"), r"says 999,999,999,999 vectors of 5 numbers, too many for"),
    "absurd width": (binary(head=b"8 999999\n"), r"says 8 vectors of 999,999 numbers, and 1 to 65,536 are possible"),
    "none": (b"0 5\n", r"says 0 vectors of 5 numbers"),
    "no width": (b"5 0\n" + bytes(100), r"says 5 vectors of 0 numbers"),
    "twice": (binary(["a", "b", "c", "a"], TABLE[:4]), r"vector 4 has the word 'a', and vector 1 has it too"),
    "no word": (binary(["a", ""], TABLE[:2]), r"vector 2 has no word"),
    "long word": (binary(["a", "b" * 20_000], TABLE[:2]), r"vector 2 of 2 is not whole"),
    "text": ("8 5\n" + lines(), r"then name it .txt|vector \d of 8"),
    "neither": (b"weights of something", r"begins with b'weights ', and not as an archive of PyTorch, or with the count"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BINARIES.values(), ids=BINARIES)
def test_a_binary_file_that_lies_is_refused(opened, content, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        opened(content, "vectors.bin")
    assert len(str(caught.value)) < 400


def test_text_that_is_named_as_binary_opens_by_the_remedy(opened):
    np.testing.assert_array_equal(opened("8 5\n" + lines(), "vectors.txt").read("table"), TABLE)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rows_that_are_not_finite_are_counted_and_the_first_is_named(dtype, monkeypatch):
    monkeypatch.setattr(word_table, "_AT_ONCE", 64)
    table = np.zeros((1_000, 3), dtype)
    check_table_values(table, "wte")
    table[[700, 123, 701], [0, 2, 1]] = np.nan, np.inf, -np.inf
    table[701] = np.nan
    with pytest.raises(
        ModelFileError, match=r"^wte: 3 of its 1,000 rows have NaN or infinity in them, the first is row 123: fetch"
    ):
        check_table_values(table, "wte")
    check_table_values(table[:123], "wte")
    check_table_values(np.arange(6).reshape(2, 3), "ids")
    check_table_values(np.empty((0, 3), dtype), "empty")
