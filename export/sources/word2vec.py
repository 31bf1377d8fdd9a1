"""Word vectors in word2vec's binary format: a line with count and width, then each word, a space, and its float32."""

import re
from array import array
from typing import Final

import numpy as np
from jaxtyping import Float32

from export.sources.broken import broken
from export.sources.mapped import MappedFile
from export.sources.word_table import MOST_WIDTH, Words, WordTable

MOST_WORD_BYTES: Final = 10_000
_FIRST_LINE: Final = re.compile(rb"([0-9]{1,12}) ([0-9]{1,6})\r?\n")
_MOST_FIRST_BYTES: Final = 64
_SINGLE: Final = np.dtype("<f4")
_AT_ONCE: Final = 2**22
_MEND: Final = "fetch the file again; or is it text? then name it .txt"


def is_word2vec(file: MappedFile) -> bool:
    """Return whether the file's first line says a count and a width."""
    return _FIRST_LINE.match(file.content(0, _MOST_FIRST_BYTES)) is not None


def word2vec_table(file: MappedFile) -> WordTable:
    """Return the table of a binary file of word2vec, gensim or fastText's tools.

    Raises ModelFileError, with the number of the vector, where the file ends too early or late, or a word is not new.
    """
    first = _FIRST_LINE.match(file.content(0, _MOST_FIRST_BYTES))
    if first is None:
        raise broken(file.name, "its first line does not say how many vectors it has, and how wide")
    n_rows, width = int(first[1]), int(first[2])
    if not n_rows or not 1 <= width <= MOST_WIDTH:
        fault = f"its first line says {n_rows:,} vectors of {width:,} numbers, and 1 to {MOST_WIDTH:,} are possible"
        raise broken(file.name, fault)
    if first.end() + n_rows * (width * _SINGLE.itemsize + 2) > file.n_bytes:
        fault = f"its first line says {n_rows:,} vectors of {width:,} numbers, too many for {file.n_bytes:,} bytes"
        raise broken(file.name, fault, _MEND)
    words = Words(file.name, "vector")
    rows = BinaryRows(file, first.end(), n_rows, width, words)
    return WordTable(f"{file.name}, word2vec", rows, words.texts())


class BinaryRows:
    """The rows of a binary file: float32 after each word and a space. The words are added to `words`."""

    def __init__(self, file: MappedFile, start: int, n_rows: int, width: int, words: Words) -> None:
        """Find all rows. Raises ModelFileError where the file does not hold what its first line says."""
        self.file, self.n_rows, self.width = file, n_rows, width
        self._starts = array("Q")
        n_bytes = width * _SINGLE.itemsize
        at = kept = start
        for number in range(1, n_rows + 1):
            at += file.content(at, at + 1) == b"\n"  # word2vec ends each vector with a line break, gensim does not
            end = file.find(b" ", at, at + MOST_WORD_BYTES)
            if end < 0 or end + 1 + n_bytes > file.n_bytes:
                fault = f"vector {number:,} of {n_rows:,} is not whole"
                raise broken(file.name, fault, _MEND)
            words.add(file.content(at, end), number)
            self._starts.append(end + 1)
            at = end + 1 + n_bytes
            if at - kept > _AT_ONCE:
                file.forget(kept, at)
                kept = at
        if file.content(at, at + 2) not in (b"", b"\n"):
            fault = f"{file.n_bytes - at:,} bytes follow the {n_rows:,} vectors of its first line"
            raise broken(file.name, fault, _MEND)

    def start(self, row: int) -> int:
        """Return at which byte a row's numbers begin."""
        return self._starts[row]

    def row(self, row: int) -> Float32[np.ndarray, " width"]:
        """Return the numbers of a row."""
        return self.file.array(_SINGLE, self._starts[row], (self.width,))
