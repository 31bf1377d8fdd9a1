"""Names say what a thing is: a result is named after its content, not after the act that gave it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "app.py"]
for folder in ("embedcore", "export", "pages", "benchmarks"):
    FILES += sorted((ROOT / folder).rglob("*.py"))
# No part of a name may be one of these. Groups of points on a map are clusters everywhere, and never crowds.
ACTS = {"found", "told", "untold", "asked", "crowd", "crowds"}
# These say how a thing came to be, not what it is. A function may have such a name, for there it is a verb.
WHOLE = {"drawn"}
ALLOWED = {"NO_TEXT_FOUND": 'the category "no text found", which says that a search failed'}


def given_names(source):
    """Return (name, whether it is a function's) for all that `source` names: what it only uses is named elsewhere."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), False
        elif isinstance(node, ast.arg):
            yield node.arg, False
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, not isinstance(node, ast.ClassDef)
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, False
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, False


def words_of(name):
    """Return the words that a name is made of, in lower case: `MostFound` and `_MOST_FOUND` give most and found."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def unclear(source):
    return sorted(
        {
            name
            for name, is_function in given_names(source)
            if name not in ALLOWED and (words_of(name) & ACTS or (name.strip("_") in WHOLE and not is_function))
        }
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_says_what_a_thing_is(path):
    assert unclear(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("found = 1", ["found"]),
        ("n_found: int", ["n_found"]),
        ("def check_told(told): ...", ["check_told", "told"]),
        ("class MostAsked: ...", ["MostAsked"]),
        ("for crowd in crowds: ...", ["crowd"]),
        ("self.drawn = drawn()", ["drawn"]),
        ("def drawn(): ...", []),
        ("drawn_tokens = NO_TEXT_FOUND = founder = 'found'", []),
        ("import numpy as told", ["told"]),
        ("lambda asked: asked", ["asked"]),
        ("[found for found in rows]", ["found"]),
        ("raise FileNotFoundError(found)", []),
    ],
)
def test_unclear_names_are_noticed_wherever_they_are_given(source, names):
    assert unclear(source) == names


def test_every_exception_is_needed():
    given = {name for path in FILES for name, _ in given_names(path.read_text())}
    assert set(ALLOWED) <= given
