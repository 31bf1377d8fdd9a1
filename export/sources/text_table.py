"""Word vectors as text: GloVe's lines, and those of word2vec and fastText, with their count and width in the first."""

import re
from typing import Final

from export.sources.broken import broken
from export.sources.mapped import MappedFile
from export.sources.text_rows import TextRows
from export.sources.word_table import Words, WordTable

_FIRST_LINE: Final = re.compile(rb"([0-9]{1,12})[ \t]+([0-9]{1,6})[ \t\r]*\n")  # how many vectors, and how wide
_MOST_FIRST_BYTES: Final = 64


def text_table(file: MappedFile) -> WordTable:
    """Return the table of a text file: one line a word, the word and then its numbers, spaces or tabs between them.

    Raises ModelFileError, with the number of the line, where a line has another count of numbers than the others or a
    word that was there before, or the count of lines is not what the first line says.
    """
    first = _FIRST_LINE.match(file.content(0, _MOST_FIRST_BYTES))
    words = Words(file.name, "line")
    rows = TextRows(
        file,
        start=first.end() if first else 0,
        n_before=1 if first else 0,
        width=int(first[2]) if first else None,
        words=words,
    )
    if first and int(first[1]) != rows.n_rows:
        fault = f"line 1 says {int(first[1]):,} vectors, and {rows.n_rows:,} lines of them follow"
        raise broken(file.name, fault, "correct line 1, or fetch the file again if it was not written to its end")
    if not rows.n_rows:
        raise broken(file.name, "it has no vectors", "give a file whose lines are a word and its numbers")
    return WordTable(f"{file.name}, word vectors as text", rows, words.texts())
