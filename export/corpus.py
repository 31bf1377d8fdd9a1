"""The text that every CPython has: the topics of `pydoc_data.topics` and the standard library's docstrings."""

import ast
import inspect
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from pydoc_data import topics
from typing import Final

_LEFT_OUT: Final = {"test", "tests", "idlelib", "idle_test", "lib2to3", "site-packages", "turtledemo", "ensurepip"} | {
    "__pycache__",
    "pydoc_data",
    "encodings",
    "distutils",
}
_SHORTEST: Final = 40


def documents() -> list[str]:
    """Return the texts of the corpus: the language reference's topics by name, then docstrings by file.

    The library's files are parsed, never run; in each, outer docstrings come first. Those of fewer than 40 characters
    and repeated ones are left out. The same Python gives the same list.
    """
    texts = dict.fromkeys(topics.topics[name].strip() for name in sorted(topics.topics))
    texts |= dict.fromkeys(_docstrings(Path(sysconfig.get_path("stdlib"))))
    return list(texts)


def _docstrings(library: Path) -> Iterator[str]:
    for path in sorted(library.rglob("*.py")):
        if _LEFT_OUT.intersection(path.relative_to(library).parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:
            continue  # some distributions keep samples of bad syntax
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = inspect.cleandoc(ast.get_docstring(node, clean=False) or "")
                if len(text) >= _SHORTEST:
                    yield text
