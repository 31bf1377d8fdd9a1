"""Every error of the readers is made in one way, with the file's name, the fault and a remedy."""

import ast
from pathlib import Path

import pytest

from export.sources.broken import AGAIN, broken, shortened

ROOT = Path(__file__).parents[3]
READERS = [path for path in sorted((ROOT / "export" / "sources").glob("*.py")) if not path.name.startswith("gguf")]
# Raised with a message of their own: what was closed, rows of a number, and the NaN of a table.
OWN = {"mapped.py": 1, "stored.py": 1, "word_table.py": 1}


def raised(path):
    """Return what is raised in a file, as it is written, without what is raised again."""
    nodes = [node.exc for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Raise) and node.exc]
    return [ast.unparse(node) for node in nodes]


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.name)
def test_a_reader_raises_what_names_the_file_and_the_remedy(path):
    """A ValueError or an IndexError is of the parts that know no file; who calls them adds its name."""
    errors = [
        error
        for error in raised(path)
        if not error.startswith(("broken(", "vocabulary.fault(", "self.fault(", "wrong(", "ValueError(", "_code("))
    ]
    assert errors.count("ModelFileError(msg)") == OWN.get(path.name, 0)
    assert set(errors) <= {"ModelFileError(msg)", "IndexError"}


def test_an_error_has_the_name_the_fault_and_the_remedy():
    assert str(broken("a.bin", "it is empty")) == f"a.bin: it is empty: {AGAIN}"
    assert str(broken("a\nb", "it is empty", "fill it")) == "a\\nb: it is empty: fill it"
    assert len(str(broken("x" * 1_000, "it is empty"))) < 250


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wte", "wte"),
        ("日本", "日本"),
        ("a\0b", "a\\x00b"),
        ("\ud800", "\\ud800"),
        ("x" * 61, "x" * 60 + "…"),
        (3, "3"),
    ],
)
def test_a_text_out_of_a_file_is_short_and_printable(text, shown):
    assert shortened(text) == shown
