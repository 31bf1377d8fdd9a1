"""The rooms of the pages: a page is short and free of arithmetic, and what is shared is what two pages use."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE_FILES = sorted((ROOT / "pages").glob("*.py"))
SHARED = sorted((ROOT / "pages" / "shared").glob("*.py"))
MOST_LINES = 80
ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)  # + joins sentences


def arithmetic(tree):
    """Return the operations on numbers of a tree, and its imports of numpy."""
    operations = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ARITHMETIC)
    ]
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return operations + [line for line in imports if "numpy" in line]


def imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.startswith("pages.")}


def places_of_use():
    """Return shared module → the pages that use it, by their views, by the frame, or by another shared module."""
    direct = {path: imported(path) for path in (ROOT / "pages").rglob("*.py")}
    users = {path.stem: set() for path in SHARED}
    shared_users = {path.stem: set() for path in SHARED}
    for path, names in direct.items():
        room = path.relative_to(ROOT / "pages").parts
        for name in users:
            if f"pages.shared.{name}" in names and room != ("shared", f"{name}.py"):
                if room[0] == "shared":
                    shared_users[name].add(path.stem)
                else:
                    page = room[1] if room[0] == "views" else path.stem
                    users[name] |= {path.stem for path in PAGE_FILES} if page == "frame" else {page}
    for _ in SHARED:
        for name in users:
            users[name] |= {page for other in shared_users[name] for page in users[other]}
    return users


def test_arithmetic_is_seen():
    seen = arithmetic(ast.parse("import numpy as np\na = b * 2\nc -= 1\n'x' + 'y'"))
    assert sorted(seen) == ["b * 2", "c -= 1", "import numpy as np"]


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.name)
def test_a_page_is_short_and_free_of_arithmetic(path):
    text = path.read_text()
    assert len(text.splitlines()) < MOST_LINES
    assert arithmetic(ast.parse(text)) == []


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_what_is_shared_imports_no_view(path):
    assert not {name for name in imported(path) if name.startswith("pages.views")}


def test_what_is_shared_is_used_by_two_pages_or_by_the_server():
    of_the_server = {"server_log", "server_settings", "incidents", "__init__"}
    few = {name: pages for name, pages in places_of_use().items() if len(pages) < 2 and name not in of_the_server}
    assert few == {}
