"""The manual says what the code does: its examples run, its pages name what there is, and it builds without a warning."""

import doctest
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import embedcore
from tests.external.environments import ENVIRONMENTS

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "docs"
PAGES = sorted(path.relative_to(MANUAL).as_posix() for path in MANUAL.rglob("*.md"))
WITH_EXAMPLES = [page for page in PAGES if "```pycon" in (MANUAL / page).read_text()]


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_every_line_of_a_tutorial_gives_what_it_says(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```pycon\n(.*?)^```", (MANUAL / page).read_text(), re.DOTALL | re.MULTILINE)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    assert len(test.examples) >= len(blocks)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    with np.printoptions(precision=4, suppress=True):
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_the_tutorial_is_run():
    assert "tutorial.md" in WITH_EXAMPLES


def test_the_example_of_the_own_model_file_prints_what_it_says(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (MANUAL / "how-to" / "model-file.md").read_text(), re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == "6 3\n"


def test_the_reference_has_every_public_name():
    text = (MANUAL / "reference" / "library.md").read_text()
    named = set(re.findall(r"^::: embedcore\.(\w+)$", text, re.MULTILINE))
    errors = {
        name
        for name in embedcore.__all__
        if issubclass(type(getattr(embedcore, name)), type) and issubclass(getattr(embedcore, name), Exception)
    }
    assert named == (set(embedcore.__all__) - errors) | {"errors"}


def test_every_file_that_the_manual_names_is_there():
    for page in PAGES:
        for name in re.findall(r"`((?:embedcore|export|pages|tests|docs)/[\w./-]+\.\w+)`", (MANUAL / page).read_text()):
            if "NAME" not in name and name != "embedcore/maps/spiral_maker.py":  # the how-to makes that one up
                assert (ROOT / name).exists(), f"{page}: {name}"


@pytest.mark.external
def test_the_manual_builds_without_a_warning_and_asks_no_other_host(tmp_path):
    """Strict: a dead link or a missing name fails. What the pages load, they load from their own folder."""
    python = ENVIRONMENTS.parent / "docs" / "bin" / "python"
    if not python.exists():
        pytest.skip("no environment for the manual: make docs")
    command = [python, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {page.removesuffix(".md") + ".html" for page in PAGES} <= pages
    for page in pages:
        html = (tmp_path / "site" / page).read_text()
        loaded = re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=[\"']?([^\"'\s>]+)", html)
        loaded += re.findall(r"<link[^>]*rel=[\"']?(?:stylesheet|preconnect)[^>]*href=[\"']?([^\"'\s>]+)", html)
        assert [address for address in loaded if address.startswith(("http", "//"))] == [], page
