"""The presentation of a scheme is found where its file lies, and no scheme is without one."""

import ast
import sys
from pathlib import Path

import pytest

from embedcore.errors import ShapeError
from embedcore.schemes import Alibi
from embedcore.schemes.registry import SCHEMES
from pages.views.positions.presentations import PRESENTATIONS, presented_in

FILE = """
from embedcore.schemes import Alibi, Shaw
from pages.views.positions.presentation import Presentation

PRESENTED = tuple(Presentation(scheme=scheme, card=None, pytorch=None, runtime=None) for scheme in ({schemes}))
"""

PAGES = Path(__file__).parents[2] / "pages"
# Every file of the pages but those that present a scheme; the choice with which the Positions page opens, and the links of
# the guided walk, which choose the schemes that a step compares, name some.
ELSEWHERE = sorted(set(PAGES.rglob("*.py")) - set((PAGES / "views" / "positions" / "schemes").glob("*.py")))
CHOOSING = {
    PAGES / "views" / "positions" / "default_schemes.py": {"sinusoidal", "alibi", "rope"},
    PAGES / "shared" / "walk_steps.py": {"learned", "sinusoidal", "t5", "alibi"},
}


def schemes_named(tree):
    """Return the schemes that code names, by their class or by the contract's name; "none" is a word of many uses."""
    classes = {declared.scheme.__name__ for declared in SCHEMES.values()}
    names = set(SCHEMES) - {"none"}
    named = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            word = {ast.Name: "id", ast.Attribute: "attr", ast.alias: "name"}[type(node)]
            named |= {getattr(node, word)} & classes
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named |= {node.value} & names
    return named


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a package's empty folder; what is imported of it is forgotten afterwards."""
    folder = tmp_path / "cards_of_a_test"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for module in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[module]


def test_every_scheme_has_one_presentation_of_its_own_class_in_the_order_of_the_schemes():
    assert list(PRESENTATIONS) == list(SCHEMES)
    for name, presentation in PRESENTATIONS.items():
        assert presentation.scheme is SCHEMES[name].scheme
        assert presentation.name == name


def test_a_presentation_is_found_in_a_new_file_and_stands_where_its_scheme_does(folder):
    (folder / "b_file.py").write_text(FILE.format(schemes="Alibi,"))
    (folder / "a_file.py").write_text("NOTHING = 0\n")
    (folder / "c_file.py").write_text(FILE.format(schemes="Shaw,"))
    presentations = presented_in(folder, folder.name, ("shaw", "alibi"))
    assert list(presentations) == ["shaw", "alibi"]
    assert presentations["alibi"].scheme is Alibi


@pytest.mark.parametrize(
    ("schemes", "words"),
    [
        ("Alibi,", "the 2 schemes shaw, alibi have 1 presentations, of alibi"),
        ("Alibi, Alibi, Shaw", "have 3 presentations"),
        ("Alibi, Alibi", "have 2 presentations, of alibi, alibi"),
    ],
)
def test_a_scheme_without_a_presentation_or_with_two_is_named(folder, schemes, words):
    (folder / "file.py").write_text(FILE.format(schemes=schemes))
    with pytest.raises(ShapeError, match=words):
        presented_in(folder, folder.name, ("shaw", "alibi"))


def test_a_scheme_that_code_names_is_seen():
    code = "from embedcore.schemes import Rope\nisinstance(a, schemes.Alibi)\nif name == 'learned': T5()"
    assert schemes_named(ast.parse(code)) == {"Rope", "Alibi", "learned", "T5"}


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: str(path.relative_to(PAGES)))
def test_no_page_names_a_scheme_outside_the_files_of_the_schemes(path):
    named = schemes_named(ast.parse(path.read_text()))
    assert named == CHOOSING.get(path, set())
