"""The house keeps its order: who may import whom, what is public, and where numbers may be made."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import embedcore

ROOT = Path(__file__).parent.parent
LIBRARY = sorted((ROOT / "embedcore").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
# embedcore may use these parts of torch's world in nn alone.
TORCH = {"torch", "onnxscript", "torchvision"}


def imported(path):
    """Return the top-level names of every import in a file, wherever it stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def tops(path):
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_knows_no_page_no_export_and_torch_only_in_nn(path):
    assert not tops(path) & {"pages", "export", "streamlit", "app", "tests", "benchmarks"}
    if "nn" not in path.relative_to(ROOT).parts:
        assert not tops(path) & TORCH
        assert not {name for name in imported(path) if name.startswith("embedcore.nn")}


@pytest.mark.parametrize("path", [*PAGES, ROOT / "app.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_know_neither_torch_nor_export(path):
    assert not tops(path) & (
        TORCH | {"export", "onnxruntime", "plotly"} - ({"plotly"} if path.name == "pictures.py" else set())
    )
    assert not {name for name in imported(path) if name.startswith("embedcore.nn")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_caches_and_widget_keys_live_in_one_place_each(path):
    text = path.read_text()
    if path.name != "services.py":
        assert "st.cache_" not in text
    if path.name != "controls.py":
        assert "bind=" not in text


@pytest.mark.parametrize("path", [path for path in LIBRARY if "figures" in path.parts], ids=lambda path: path.name)
def test_figures_use_no_high_level_plotting(path):
    assert "plotly.express" not in imported(path)


def test_what_is_public_is_there_and_sorted():
    assert embedcore.__all__ == sorted(embedcore.__all__)
    assert all(hasattr(embedcore, name) for name in embedcore.__all__)


@pytest.mark.parametrize(
    "path", [*LIBRARY, *PAGES, *sorted((ROOT / "export").glob("*.py"))], ids=lambda path: path.name
)
def test_no_file_grows_a_second_concept(path):
    assert len(path.read_text().splitlines()) <= 300


def test_the_app_starts_with_the_apps_needs_alone():
    """Everything the pages and the server import is in requirements.txt, or comes with what is.

    The layouts' libraries are too, but they are large: no page may take a first visitor's time for them.
    """
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'torch', 'onnxscript', 'sklearn', 'scipy', 'openTSNE', 'umap', 'numba', 'hypothesis',\n"
        "                'beartype', 'pytest'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('pages/frame.py', default_timeout=120).run()\n"
        "for page in ('tokens', 'neighbors', 'audit', 'batches', 'lookup', 'positions', 'sum', 'map'):\n"
        "    assert not app.switch_page(f'{page}.py').run().exception, page\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_committed_binaries_stay_small():
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.split(b"\0")
    binaries = [ROOT / name.decode() for name in files if name.endswith((b".onnx", b".gz", b".png", b".npz"))]
    assert sum(path.stat().st_size for path in binaries) < 20_000_000
    assert (ROOT / "models" / "pydoc-gpt.onnx").stat().st_size <= 8_000_000
