"""The JavaScript of the map's overlay: linted, its pure functions tested in node, and what it reads of plotly.js pinned."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import streamlit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OVERLAY = ROOT / "pages" / "views" / "map" / "overlay"
PARTS = ("overlay", "places", "labels", "view", "saved")
PACKAGES = ROOT / ".venv" / "external" / "js"
PRIVATE = json.loads((OVERLAY / "plotly_private.json").read_text())


def source():
    """Return the overlay as the browser gets it: one module."""
    return "".join((OVERLAY / f"{part}.js").read_text() for part in PARTS)


def need(path, remedy):
    if path is None or not Path(path).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(remedy)
    return str(path)


def test_every_part_is_linted_and_tested():
    assert {path.stem for path in OVERLAY.glob("*.js")} == set(PARTS)
    assert str(PARTS).replace("'", '"') in (OVERLAY / "overlay.py").read_text()


def test_the_pure_functions_do_what_they_say():
    node = need(shutil.which("node"), "install node: it runs the tests of the overlay's functions")
    done = subprocess.run([node, "--test", HERE / "overlay.test.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout


def lint(text, folder):
    """Return what ESLint says of a module, and whether it passes."""
    node = need(shutil.which("node"), "install node: it runs ESLint")
    eslint = need(
        PACKAGES / "node_modules" / "eslint" / "bin" / "eslint.js", "run `make test`: it installs ESLint by npm"
    )
    (folder / "overlay.js").write_text(text)
    shutil.copy(HERE / "eslint.config.mjs", folder)
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    command = [node, eslint, "--max-warnings", "0", "overlay.js"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode == 0


def test_the_overlay_passes_the_linter(tmp_path):
    report, is_clean = lint(source(), tmp_path)
    assert is_clean, report


def test_the_linter_finds_a_name_that_no_part_defines(tmp_path):
    report, is_clean = lint(source().replace("function overlap(", "function overlaps("), tmp_path)
    assert not is_clean
    assert "'overlap' is not defined" in report


# What is read of plotly.js that its documentation does not promise


def bundle():
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    [file] = folder.glob("PlotlyChart.*.js")
    return file.read_text()


def test_the_list_names_every_private_part_that_the_overlay_reads():
    text = re.sub(r"(?<!:)//.*", "", re.sub(r"/\*.*?\*/", "", source(), flags=re.DOTALL))
    underscored = set(re.findall(r"(?<![\w$])_[a-zA-Z]\w*", text))
    classes = set(re.findall(r"\.((?:js-plotly|modebar)[\w-]*)", text))
    listed = set(PRIVATE["parts"])
    assert underscored | classes <= listed
    assert all(re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", text) for part in listed)


def test_streamlit_ships_the_plotly_that_the_overlay_was_tried_with():
    """Another version: try the overlay in the browser (tests/e2e/overlay), then change the number."""
    assert re.findall(r'"src/version\.js"\(\w+\)\{\w+\.version=[`"\']([\d.]+)[`"\']', bundle()) == [
        PRIVATE["plotly.js"]
    ]


def test_the_private_parts_are_in_the_bundle_that_streamlit_ships():
    text = bundle()
    missing = [part for part in PRIVATE["parts"] if not re.search(rf"(?<![\w$-]){re.escape(part)}(?![\w$-])", text)]
    assert missing == []
