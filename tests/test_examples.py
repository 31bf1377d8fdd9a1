"""Every example in a docstring runs, and gives what the docstring says."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import embedcore

ROOT = Path(__file__).parents[1]
# An example may use its own module's names and these, as NumPy's own examples take `np` for granted.
SHARED_NAMES = {"np": np, "get_tokenizer": embedcore.get_tokenizer}
FILES = sorted(path for folder in ("embedcore", "export", "pages") for path in (ROOT / folder).rglob("*.py"))
FILES_WITH_EXAMPLES = [path.relative_to(ROOT).as_posix() for path in FILES if ">>> " in path.read_text()]


def module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("file", FILES_WITH_EXAMPLES)
def test_every_example_gives_what_its_docstring_says(file):
    module = importlib.import_module(module_name(file))
    examples = doctest.DocTestFinder().find(module, globs=vars(module) | SHARED_NAMES)
    # The finder leaves out what a decorator has wrapped beyond recognition: no example may go missing that way.
    assert sum(len(test.examples) for test in examples) == len(
        re.findall(r"^ *>>> ", (ROOT / file).read_text(), re.MULTILINE)
    )
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    with np.printoptions(precision=4, suppress=True):
        for test in examples:
            runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_there_are_examples_in_every_room_of_arithmetic():
    rooms = {file.split("/")[1] for file in FILES_WITH_EXAMPLES if file.startswith("embedcore/")}
    assert rooms >= {"audit", "maps", "model", "nn", "schemes", "space", "tokens"}


def test_no_example_hides_its_value_in_a_dialect_that_nothing_runs():
    """`>>> f(1)   →   2` looks like an example, but no tool compares it."""
    for path in FILES:
        assert not re.search(r"^ *>>> .* {3}→ {3}", path.read_text(), re.MULTILINE), path
