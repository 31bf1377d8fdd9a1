"""The library's requirements, the files of pins and the tools say the same versions: there is one list."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import embedcore

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
# The name that is imported → the package that has it, where they differ.
PACKAGES = {
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "google": "onnx",
    "scipy": "scikit-learn",
    "numba": "umap-learn",
}


def pins(name):
    """Return package → version of the pins in one file."""
    lines = (ROOT / name).read_text().splitlines()
    return dict(
        re.match(r"([\w-]+)(?:\[[\w,]+\])?==([\w.]+)", line).groups()
        for line in lines
        if "==" in line and not line.startswith("#")
    )


def lowest(requirements):
    """Return package → lowest version of requirements such as "numpy>=2.4.6"."""
    return dict(
        re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?>=([\w.]+)", requirement).groups() for requirement in requirements
    )


@pytest.mark.parametrize("extra", [None, *EXTRAS])
def test_what_the_library_asks_for_is_what_the_tests_run_with(extra):
    required = lowest(PROJECT["dependencies"] if extra is None else EXTRAS[extra])
    files = ("requirements-shared.txt", "requirements.txt", "requirements-gpu.txt", "export/requirements.txt")
    pinned = {package: version for name in files for package, version in pins(name).items()}
    assert required == {package: pinned.get(package) for package in required}


def test_the_app_needs_what_the_library_and_its_extras_need_and_a_server():
    library = lowest([*PROJECT["dependencies"], *EXTRAS["figures"], *EXTRAS["maps"]])
    app = pins("requirements-shared.txt") | pins("requirements.txt")
    assert {package: version for package, version in app.items() if package not in {"streamlit", "orjson"}} == library


def test_every_extra_is_there():
    assert {"maps", "torch", "gpu"} <= set(EXTRAS)
    readers = {"gguf"}  # of checkpoints, which the library itself does not read
    exports = {
        package: version for package, version in pins("export/requirements.txt").items() if package not in readers
    }
    assert exports == lowest(EXTRAS["torch"])


def test_the_wheel_is_tried_with_the_pins_of_the_library():
    tried = pins("tests/external/wheel.txt")
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert build == [f"hatchling=={tried.pop('hatchling')}"]
    assert tried == lowest(PROJECT["dependencies"])


def top_level_packages(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_each_room_imports_only_what_the_library_or_its_extra_brings():
    import sys

    rooms = {"nn": "torch", "figures": "figures", "maps": "maps"}
    for path in (ROOT / "embedcore").rglob("*.py"):
        room = path.relative_to(ROOT / "embedcore").parts[0]
        allowed = lowest([*PROJECT["dependencies"], *EXTRAS.get(rooms.get(room, ""), ())])
        foreign = {
            PACKAGES.get(name, name) for name in top_level_packages(path) - sys.stdlib_module_names - {"embedcore"}
        }
        if path.name == "decimals.py":  # it writes faster with orjson, which the app has, and the same without
            foreign -= {"orjson"}
        if room == "audit":  # it takes scikit-learn where it measures average precision, when it is called
            foreign -= {"scikit-learn"}
        assert foreign <= set(allowed), path


def test_the_version_stands_in_one_place():
    assert re.fullmatch(r"\d+\.\d+\.\d+", embedcore.__version__)
    assert "version" in PROJECT["dynamic"]
    assert "version" not in PROJECT


def test_pre_commit_runs_the_tools_of_make_check():
    makefile = (ROOT / "Makefile").read_text()
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    verbs = [line.strip().replace("$(BIN)", ".venv/bin") for line in check.splitlines()]
    hooks = re.findall(r"entry: (.*)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks == [verb for verb in verbs if verb.startswith(".venv/bin/")]
    assert len(hooks) >= 3
