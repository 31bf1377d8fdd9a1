"""The rooms of the pages: a page is short and free of arithmetic, and what is shared is what two pages use."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE_FILES = sorted((ROOT / "pages").glob("*.py"))
SHARED = sorted((ROOT / "pages" / "shared").glob("*.py"))
ROOMS = sorted(path for folder in ("views", "shared") for path in (ROOT / "pages" / folder).rglob("*.py"))
MOST_LINES = 80
# What views and shared modules may ask of numpy: to hold, shape, choose, order, compare and count. None of these makes
# a number that a reader could take for a result; what does is a function of the library, with its own tests.
OF_NUMPY = {
    "ndarray", "int64", "float32", "float64", "uint8",  # types
    "array", "asarray", "arange", "zeros", "ones_like", "concatenate", "stack", "repeat",  # hold and shape
    "where", "flatnonzero", "minimum", "maximum", "argmax", "searchsorted", "sort", "unique",  # choose and order
    "isin", "union1d", "intersect1d", "array_equal", "count_nonzero",  # compare and count
}  # fmt: skip
# Methods of arrays that compute one number of many; the built-in sum, min and max are for lengths and counts.
OF_ARRAYS = {"sum", "mean", "std", "var", "prod", "cumsum", "dot", "min", "max", "ptp", "trace", "round", "clip"}
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


def array_arithmetic(tree):
    """Return what a tree computes of arrays: calls of numpy that are not in the list, methods, and products by @."""
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy"):
            calls += [ast.unparse(node)] if node.attr not in OF_NUMPY else []
        elif (
            (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OF_ARRAYS)
            or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult))
            or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numpy")
        ):
            calls.append(ast.unparse(node))
    return calls


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


@pytest.mark.parametrize(
    "code",
    [
        "np.sqrt(a)",
        "np.linalg.norm(a)",
        "a.mean(axis=0)",
        "a[0].max()",
        "(a & b).sum()",
        "a @ b",
        "a @= b",
        "from numpy import cos",
        "from numpy.linalg import norm",
        "numpy.cos",
        "list(map(np.degrees, a))",
    ],
)
def test_arithmetic_on_arrays_is_seen(code):
    assert array_arithmetic(ast.parse(code)) != []


def test_choosing_and_counting_is_no_arithmetic():
    code = "np.where(a > 0, a, b)[np.sort(c)]; np.count_nonzero(d); max(len(a), 2); sum(map(len, e)); n * 2"
    assert array_arithmetic(ast.parse(code)) == []


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT / "pages")))
def test_views_and_what_they_share_compute_nothing_of_arrays(path):
    assert array_arithmetic(ast.parse(path.read_text())) == []


def test_every_name_in_the_list_of_numpy_is_used():
    text = "".join(path.read_text() for path in ROOMS)
    assert {name for name in OF_NUMPY if f"np.{name}" not in text} == set()


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_what_is_shared_imports_no_view(path):
    assert not {name for name in imported(path) if name.startswith("pages.views")}


def test_what_is_shared_is_used_by_two_pages_or_by_the_server():
    of_the_server = {"server_log", "server_settings", "incidents", "served_head", "widget_scripts", "__init__"}
    few = {name: pages for name, pages in places_of_use().items() if len(pages) < 2 and name not in of_the_server}
    assert few == {}
