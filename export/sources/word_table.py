"""A table whose rows lie in a file with words between them, as in files of word vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from jaxtyping import Bool, Float32

from embedcore.errors import ModelFileError
from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile
from export.sources.source import TABLE, Blocks, TensorInfo

MOST_WIDTH: Final = 65_536
_AT_ONCE: Final = 2**22  # bytes of the file that stay in memory while it is read


class Rows(Protocol):
    """How the rows of a table are found in its file."""

    file: MappedFile
    n_rows: int
    width: int

    def start(self, row: int) -> int:
        """Return at which byte of the file a row begins."""
        ...

    def row(self, row: int) -> Sequence[float] | Float32[np.ndarray, " width"]:
        """Return the numbers of a row. Raises ModelFileError, with its line, if they are none."""
        ...


@dataclass(slots=True, eq=False)
class WordTable:
    """A `Source` of one table, float32, whose rows are found one by one; `words` names them, where they have names."""

    label: str
    rows: Rows
    words: Sequence[str] | None
    tensors: Mapping[str, TensorInfo] = field(init=False)
    config: Mapping[str, Any] = field(init=False, default_factory=dict)
    tokenizer_json: bytes | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Name the one tensor."""
        self.tensors = {TABLE: TensorInfo(TABLE, "F32", (self.rows.n_rows, self.rows.width))}

    def read(self, name: str, rows: slice | None = None) -> Float32[np.ndarray, "n_rows width"]:
        """Return the table or some of its rows; see `Source`."""
        if name != TABLE:
            raise broken(self.label, f"there is no tensor {shortened(name)!r} in it", f"choose {TABLE}")
        chosen = range(self.rows.n_rows)[rows or slice(None)]
        table = np.empty((len(chosen), self.rows.width), np.float32)
        begin = -1
        for place, row in enumerate(chosen):
            table[place] = self.rows.row(row)
            start = self.rows.start(row)
            begin = start if begin < 0 else begin
            if abs(start - begin) > _AT_ONCE:
                self.rows.file.forget(min(start, begin), max(start, begin))
                begin = start
        return table

    def read_blocks(self, name: str) -> Blocks | None:
        """Return None: a table of words is not stored in blocks."""
        del name
        return None

    def beside(self, name: str) -> bytes | None:
        """Return None: a table of words has no files beside it."""
        del name
        return None

    def close(self) -> None:
        """Let the file go."""
        self.rows.file.close()


class Words:
    """The words of a table as they are found, each once."""

    def __init__(self, file_name: str, unit: str) -> None:
        """Name places as `unit` and a number from 1 on: "line 3", "vector 3"."""
        self._name, self._unit = file_name, unit
        self._places: dict[bytes, int] = {}

    def add(self, word: bytes, place: int) -> None:
        """Add the word at a place. Raises ModelFileError if it is empty or was there before."""
        if not word:
            raise broken(self._name, f"{self._unit} {place:,} has no word", "give it one, or remove it")
        first = self._places.setdefault(word, place)
        if first != place:
            shown = shortened(as_text(word))
            fault = f"{self._unit} {place:,} has the word {shown!r}, and {self._unit} {first:,} has it too"
            raise broken(self._name, fault, "remove one of the two, for a word stands for one row")

    def __len__(self) -> int:
        return len(self._places)

    def texts(self) -> list[str]:
        """Return all words, in their order."""
        return [as_text(word) for word in self._places]


def as_text(word: bytes) -> str:
    r"""Return a word as text: bytes that are no whole character are written as \xe2\x80."""
    return word.decode("utf-8", "backslashreplace")


def are_odd(rows: np.ndarray) -> Bool[np.ndarray, " n_rows"]:
    """Return which rows of a table, of any number of axes, hold NaN or infinity."""
    is_odd: np.ndarray = ~np.isfinite(rows).reshape(len(rows), -1).all(axis=1)
    return is_odd


def check_table_values(table: np.ndarray, name: str) -> None:
    """Raise ModelFileError if a table [n_rows, width] has NaN or infinity in it, naming the first such row.

    `name` is what the table is called, in the message. Whole numbers are always fine.
    """
    if table.dtype.kind != "f":
        return
    n_rows = max(1, _AT_ONCE // max(1, table[:1].nbytes))
    n_bad, first = 0, -1
    for begin in range(0, len(table), n_rows):
        bad = are_odd(table[begin : begin + n_rows])
        if first < 0 and bad.any():
            first = begin + int(bad.argmax())
        n_bad += int(bad.sum())
    if n_bad:
        msg = (
            f"{shortened(name)}: {n_bad:,} of its {len(table):,} rows have NaN or infinity in them, the first is row "
            f"{first:,}: fetch the file again, or write those rows anew; nothing can be measured with them"
        )
        raise ModelFileError(msg)
