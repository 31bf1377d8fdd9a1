"""A table as the TensorFlow projector takes it: vectors.tsv, and the words of its rows in metadata.tsv beside it."""

from pathlib import Path
from typing import Final

from embedcore.files.plain import read_file
from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile
from export.sources.text_rows import TextRows
from export.sources.word_table import Words, WordTable

LARGEST_METADATA: Final = 500_000_000
# How vectors are called, and how their metadata are called then.
_PAIRS: Final = (("vectors", "metadata"), ("vecs", "meta"), ("tensors", "metadata"), ("tensor", "metadata"))
_WORD_COLUMNS: Final = ("word", "words", "token", "tokens", "label", "labels", "name", "title", "text")


def projector_table(file: MappedFile, path: Path) -> WordTable:
    """Return the table in lines of numbers with tabs between them, and its words from the file of metadata beside it.

    The metadata has a line for each row; where it has several columns, a line of their names comes first, and the words
    are those of the column "word", "token", "label", "name", "title" or "text", else of the first. Raises
    ModelFileError if the two files do not belong together, or a line is not like the others.
    """
    rows = TextRows(file, start=0, n_before=0, width=None, words=None)
    metadata = _metadata_path(path)
    words = None if metadata is None else _words(metadata, rows.n_rows, file.name)
    return WordTable(f"{file.name}, vectors of a projector", rows, words)


def _metadata_path(path: Path) -> Path | None:
    """Return where the metadata lies, None if there is none."""
    for vectors, metadata in _PAIRS:
        if vectors in path.stem:
            other = path.with_name(path.name.replace(vectors, metadata))
            if other.exists():
                return other
    return None


def _words(path: Path, n_rows: int, vectors: str) -> list[str]:
    content = read_file(path, most=LARGEST_METADATA)
    lines = [line.removesuffix(b"\r") for line in content.removesuffix(b"\n").split(b"\n")]
    names = [name.strip().lower().decode("utf-8", "backslashreplace") for name in lines[0].split(b"\t")]
    has_names = len(lines) == n_rows + 1 and (len(names) > 1 or names[0] in _WORD_COLUMNS)
    n_expected = n_rows + has_names
    if len(lines) != n_expected or (len(names) > 1 and not has_names):
        fault = f"it has {len(lines):,} lines for the {n_rows:,} rows of {shortened(vectors)}"
        remedy = "give each row a line, after a line of names where there are several columns; or take it away"
        raise broken(path.name, fault, remedy)
    column = next((names.index(name) for name in _WORD_COLUMNS if name in names), 0) if has_names else 0
    words = Words(path.name, "line")
    for number, line in enumerate(lines[has_names:], start=1 + has_names):
        fields = line.split(b"\t")
        if len(fields) != len(names):
            fault = f"line {number:,} has {len(fields):,} columns, and the first has {len(names):,}"
            raise broken(path.name, fault, "give every line the same columns")
        words.add(fields[column], number)
    return words.texts()
