"""The corpus: every CPython's own text, the same each time, and read without running any of it."""

import subprocess
import sys
from pydoc_data import topics

import pytest

from export import corpus


@pytest.fixture(scope="module")
def documents():
    return corpus.documents()


def test_the_same_python_gives_the_same_list(documents):
    assert corpus.documents() == documents


def test_it_holds_the_language_reference_and_then_the_docstrings(documents):
    n_topics = len({text.strip() for text in topics.topics.values()})
    assert documents[:n_topics] == list(dict.fromkeys(topics.topics[name].strip() for name in sorted(topics.topics)))
    docstrings = documents[n_topics:]
    assert any(
        text.startswith("Remove any common leading whitespace from every line in `text`.") for text in docstrings
    )
    assert any(text.startswith("Return the median (middle value) of numeric data.") for text in docstrings)


def test_it_is_long_enough_to_learn_from_and_says_nothing_twice(documents):
    assert len(documents) > 4_000
    assert sum(map(len, documents)) > 1_500_000
    assert len(set(documents)) == len(documents)


def test_no_document_can_be_mistaken_for_two(documents):
    """The corpus' sha256 is taken over documents joined by NUL."""
    assert not any("\0" in text for text in documents)


def test_collecting_runs_none_of_the_library():
    code = "import sys; from export import corpus; corpus.documents(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"antigravity", "this", "turtle", "tkinter", "sqlite3"}.isdisjoint(done.stdout.split())


LONG = "A docstring of more than forty characters, "


def test_docstrings_of_modules_classes_and_functions_are_cleaned(tmp_path):
    (tmp_path / "b.py").write_text(
        f'"""{LONG}of b."""\nraise SystemExit("must not run")\n'
        f'class A:\n    """{LONG}of a class.\n\n        Indented.\n    Not indented.\n    """\n'
        f'    async def f(self):\n        """{LONG}of a method."""\n        def g():\n            """{LONG}inside."""\n'
    )
    (tmp_path / "a.py").write_text(f'x = """{LONG}but no docstring."""\ndef short():\n    """Too short."""\n')
    assert list(corpus._docstrings(tmp_path)) == [
        f"{LONG}of b.",
        f"{LONG}of a class.\n\n    Indented.\nNot indented.",
        f"{LONG}of a method.",
        f"{LONG}inside.",
    ]


def test_files_come_in_sorted_order_and_tests_are_left_out(tmp_path):
    for name in ("z.py", "a/b.py", "a/tests/c.py", "test/d.py", "site-packages/e.py", "lib2to3/f.py", "a.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""{LONG}{name}"""')
    assert list(corpus._docstrings(tmp_path)) == [f"{LONG}a/b.py", f"{LONG}z.py"]


def test_a_file_of_bad_syntax_is_passed_over_and_an_old_encoding_is_read(tmp_path):
    (tmp_path / "bad.py").write_text("print 'two'\n")
    (tmp_path / "latin.py").write_bytes(f'# coding: latin-1\n"""{LONG}café"""'.encode("latin-1"))
    assert list(corpus._docstrings(tmp_path)) == [f"{LONG}café"]
