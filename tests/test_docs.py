"""README says what the code has: its commands, pages, models, flags and example are held to it."""

import importlib
import re
from pathlib import Path

import pytest

from embedcore.engine.generic_graphs import GRAPHS
from embedcore.model import catalog
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.rope_parameters import SCALINGS
from embedcore.schemes.table import markdown_table
from pages.shared.page_list import LISTED

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_readme_opens_with_the_two_commands():
    commands = re.findall(r"^    (make \w+)", README, re.MULTILINE)
    assert commands[:2] == ["make app", "make test"]


def test_every_verb_of_the_readme_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"^([\w-]+):.*##", makefile, re.MULTILINE)) - {"help"}
    assert verbs <= set(re.findall(r"make ([\w-]+)", README))
    assert set(re.findall(r"`make ([\w-]+)", README)) <= verbs


def test_readme_names_every_page():
    table = README.split("## The pages")[1].split("##")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:] == [page.title for page in LISTED]


def test_readme_names_every_model():
    section = README.split("## The models")[1].split("##")[0]
    shipped = {path.stem for path in catalog.MODELS_FOLDER.glob("*.onnx")} | {catalog.UNTRAINED}
    assert set(re.findall(r"^\| `([\w-]+)`", section, re.MULTILINE)) == shipped
    assert shipped <= {entry.name for entry in catalog.entries()}


def test_readme_names_every_scheme_and_what_its_file_gives():
    section = README.split("## Positional schemes")[1].split("##")[0]
    assert markdown_table() in section, f"paste this table into README:\n\n{markdown_table()}"
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    named = {}
    for names, outputs in rows:
        for name in re.findall(r"`([a-z][\w-]*)`", names):
            named[name] = re.findall(r"`(\w+)`", outputs)
    assert named == {name: list(outputs) for name, outputs in SCHEME_OUTPUTS.items()}
    assert re.findall(r"`(\w+)`", section.split("trained length:")[1].split(".")[0]) == list(SCALINGS)[1:]


def test_the_folder_of_graphs_says_what_each_is():
    from export.graphs import readme

    text = (GRAPHS / "README.md").read_text()
    assert text == readme(), "run `python -m export graphs`, which writes this file too"
    assert set(re.findall(r"`(\w+\.onnx)`", text)) == {path.name for path in GRAPHS.glob("*.onnx")}
    assert all(path.stat().st_size < 10_000 for path in GRAPHS.glob("*.onnx"))


def test_every_export_command_of_the_readme_parses():
    from argparse import ArgumentParser

    from export.__main__ import COMMANDS

    lines = re.findall(r"python -m export (\w+)([^#\n`]*)", README.split("## Make your own file")[1])
    assert {name for name, _ in lines} == set(COMMANDS)
    for name, rest in lines:
        parser = ArgumentParser()
        importlib.import_module(f"export.{name}").add_arguments(parser)
        parser.parse_args(rest.split())


def test_the_examples_of_the_readme_print_what_they_say(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    exec(code, {})
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"# (\(.*\))$", code, re.MULTILINE)
    assert [line for line in printed if line.startswith("(")] == promised


def test_every_file_that_the_documents_name_is_there():
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text()
        for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|onnx|txt))`|\]\(([\w./-]+)\)", text):
            path = name[0] or name[1]
            if not path.startswith(("models/my", "/api")):
                assert (ROOT / path).exists(), path


REQUIREMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("requirements*.txt", "*/requirements.txt")
    for path in ROOT.glob(pattern)
)


def packages(path):
    """Return the pins of a requirements file and of those that it names, by package."""
    pins = {}
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            pins |= packages(path.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            name, pin = line.split()[0].split("==")
            pins[name.partition("[")[0]] = pin
    return pins


def test_on_cuda_the_app_needs_the_same_packages_but_one():
    cpu, cuda = packages(ROOT / "requirements.txt"), packages(ROOT / "requirements-gpu.txt")
    assert cuda.pop("onnxruntime-gpu") == cpu.pop("onnxruntime")
    assert cuda == cpu
    assert {"streamlit", "onnx", "scikit-learn", "openTSNE", "umap-learn"} <= cpu.keys()


def test_a_changed_requirement_is_installed_again():
    """Each stamp of the Makefile depends on every file that its list is made of."""
    makefile = (ROOT / "Makefile").read_text()
    for stamp, name in (("app", "requirements.txt"), ("test", "tests/requirements.txt")):
        prerequisites = re.search(rf"^\$\(VENV\)/{stamp}\.stamp: ([^|\n]*)", makefile, re.MULTILINE)[1].split()
        assert set(prerequisites) == named(ROOT / name)


def named(path):
    """Return the names of a requirements file and of those that it includes."""
    lines = path.read_text().splitlines()
    within = [named((path.parent / line.removeprefix("-r ")).resolve()) for line in lines if line.startswith("-r ")]
    return {path.relative_to(ROOT).as_posix()}.union(*within)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_says_why(name):
    for line in (ROOT / name).read_text().splitlines():
        if line and not line.startswith(("#", "-r")):
            assert re.fullmatch(r"[\w\[\],-]+==[\w.]+ +# .{5,}", line), line


def test_contributing_is_short():
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 50


def test_readme_is_short():
    assert len(README.splitlines()) < 150


def test_the_drawing_of_the_house_has_every_room_and_no_other():
    """A stranger finds a thing by the drawing alone: each folder stands in it, with what it holds."""
    drawing = README.split("## The house")[1].split("`pages` may import")[0]
    library = drawing.split("embedcore/           ")[1].split("export/   ")[0]
    rooms = {path.parent.name for path in (ROOT / "embedcore").glob("*/__init__.py")}
    files = {path.stem for path in (ROOT / "embedcore").glob("*.py")} - {"__init__"}
    leaves = set(re.search(r"^ *(errors .*)$", library, re.MULTILINE)[1].split())
    assert set(re.findall(r"\b(\w+)/", library)) | leaves == rooms | files
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))} - {
        "build"
    }
    assert folders <= set(re.findall(r"\b(\w+)/", drawing))
