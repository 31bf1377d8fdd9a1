"""Lines of numbers, with a word before them or without: where each line begins, and its numbers when wanted."""

import math
from array import array
from collections.abc import Iterator
from typing import Final

from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile
from export.sources.word_table import MOST_WIDTH, Words

MOST_LINE_BYTES: Final = 2**21  # 65,536 numbers of 30 characters and a word
_AT_ONCE: Final = 2**22
_BLANK: Final = b" \t\r"
_LARGEST: Final = (2 - 2**-23) * 2.0**127  # of float32
_MEND: Final = "mend that line, or fetch the file again"


class TextRows:
    """The rows of a table in lines of text from byte `start` on; `n_before` lines stand before them.

    `width` is the count of numbers in a line; None: as many as the first line has. With `words`, a word stands before
    the numbers of each line, and is added to them; it may have spaces in it.
    Raises ModelFileError, with the number of the line, where a line has more or fewer numbers or no word, or is empty.
    """

    def __init__(self, file: MappedFile, *, start: int, n_before: int, width: int | None, words: Words | None) -> None:
        """Find all lines; their numbers are looked at when they are read."""
        self.file, self._n_before = file, n_before
        first = next(_lines(file, start, n_before), (start, b""))[1].rstrip(_BLANK)
        self._separator = b"\t" if b"\t" in first else b" "
        self.width = self._width(first, has_word=words is not None) if width is None else width
        if not 1 <= self.width <= MOST_WIDTH:
            fault = f"line {n_before + 1:,} has {self.width:,} numbers, and a table has 1 to {MOST_WIDTH:,}"
            raise broken(file.name, fault, "give a file whose lines are a word and its numbers")
        self._starts = array("Q")
        for begin, line in _lines(file, start, n_before):
            number = n_before + len(self._starts) + 1
            word = self._word(line.rstrip(_BLANK), number, has_word=words is not None)
            if words is not None:
                words.add(word, number)
            self._starts.append(begin)
        self.n_rows = len(self._starts)

    def start(self, row: int) -> int:
        """Return at which byte a row's line begins."""
        return self._starts[row]

    def row(self, row: int) -> list[float]:
        """Return the numbers of a row. Raises ModelFileError, with its line, if they are none or not finite."""
        start = self._starts[row]
        end = self._starts[row + 1] if row + 1 < self.n_rows else min(self.file.n_bytes, start + MOST_LINE_BYTES)
        line = self.file.content(start, end).split(b"\n", 1)[0].rstrip(_BLANK)
        fields = line.rsplit(self._separator, self.width)[-self.width :]
        numbers = list(map(_number, fields))
        if not all(map(_is_float32, numbers)):
            place = next(place for place, number in enumerate(numbers) if not _is_float32(number))
            wrong = shortened(fields[place][:100].decode("utf-8", "backslashreplace"))
            fault = f"number {place + 1:,} of line {self._n_before + row + 1:,} is {wrong!r}, and no finite float32"
            raise broken(self.file.name, fault, _MEND)
        return numbers

    def _width(self, line: bytes, *, has_word: bool) -> int:
        """Return how many numbers end the first line; its first field is a word, even where it looks like a number."""
        fields = line.split(self._separator, MOST_WIDTH + 2)
        n_numbers = next((count for count, field in enumerate(reversed(fields)) if not _is_number(field)), len(fields))
        return min(n_numbers, len(fields) - 1) if has_word else n_numbers

    def _word(self, line: bytes, number: int, *, has_word: bool) -> bytes:
        n_fields = line.count(self._separator) + 1 if line else 0
        word = b""
        n_numbers = n_fields - has_word
        if n_numbers > self.width and has_word:
            word, last = line.rsplit(self._separator, self.width)[0], b""
            last = word.rsplit(self._separator, 1)[-1]
            if not _is_number(last):  # a word with spaces in it, as GloVe has some
                return word
        if n_numbers != self.width:
            fault = f"line {number:,} has {max(0, n_numbers):,} numbers, and the table is {self.width:,} wide"
            raise broken(self.file.name, fault, _MEND)
        return line.split(self._separator, 1)[0] if has_word else word


def _lines(file: MappedFile, start: int, n_before: int) -> Iterator[tuple[int, bytes]]:
    """Yield where each line begins, and the line; the one behind the last line break only if there is something."""
    begin = kept = start
    number = n_before
    while begin < file.n_bytes:
        number += 1
        end = file.find(b"\n", begin, begin + MOST_LINE_BYTES)
        if end < 0:
            end = file.n_bytes
            if end - begin > MOST_LINE_BYTES:
                fault = f"line {number:,} is longer than {MOST_LINE_BYTES:,} bytes"
                raise broken(file.name, fault, "give a file whose lines are a word and its numbers")
        yield begin, file.content(begin, end)
        begin = end + 1
        if begin - kept > _AT_ONCE:
            file.forget(kept, begin)
            kept = begin


def _is_float32(number: float) -> bool:
    return abs(number) <= _LARGEST  # NaN is not


def _number(field: bytes) -> float:
    """Return the number that a field is; NaN where it is none. Python would read 1_0 as ten, and white space around."""
    try:
        return math.nan if b"_" in field or field != field.strip() else float(field)
    except ValueError:
        return math.nan


def _is_number(field: bytes) -> bool:
    return math.isfinite(_number(field)) or field.lower() in (b"nan", b"inf", b"-inf")
