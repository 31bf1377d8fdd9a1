"""The house keeps its order: who may import whom, what is public, and where numbers may be made."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import embedcore

ROOT = Path(__file__).parent.parent
LIBRARY = sorted((ROOT / "embedcore").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
# The floors of the library, from the ground: a room imports rooms of lower floors alone, a file of its own room too.
FLOORS = (
    ("errors",),
    ("values", "cache", "checks", "files"),
    ("contract",),
    ("tokens", "engine", "layer"),
    ("space",),
    ("schemes",),
    ("model",),
    ("maps", "audit", "nn"),
    ("figures",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MOST_ROOMS = 18
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


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module):
    return module.split(".")[1] if "." in module else ""


def imports(paths):
    """Return module → the modules of `paths` that it imports, wherever in the file."""
    modules = {module_of(path) for path in paths}
    return {module_of(path): (imported(path) & modules) - {module_of(path)} for path in paths}


def circle(arrows):
    """Return modules that import each other in a circle, with the first again at the end; [] where there is no circle."""
    done, way = set(), []

    def follow(module):
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        way.append(module)
        around = next((around for other in sorted(arrows[module]) if (around := follow(other))), [])
        way.pop()
        done.add(module)
        return around

    return next((around for module in sorted(arrows) if (around := follow(module))), [])


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("folder", ["embedcore", "export", "pages"])
def test_no_import_leads_back(folder):
    arrows = imports(sorted((ROOT / folder).rglob("*.py")))
    arrows.pop("embedcore", None)  # the front door opens into many rooms, and none opens into it
    assert circle({module: others - {"embedcore"} for module, others in arrows.items()}) == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_rooms_of_lower_floors_alone(path):
    room = room_of(module_of(path))
    others = {room_of(name) for name in imported(path) if name.startswith("embedcore.")} - {room}
    if room:
        assert not {other for other in others if FLOOR.get(other, len(FLOORS)) >= FLOOR[room]}


def test_the_house_has_the_rooms_of_the_drawing_and_few():
    rooms = {room_of(module_of(path)) for path in LIBRARY} - {""}
    assert rooms == set(FLOOR)
    assert len(rooms) <= MOST_ROOMS


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
    if path.name != "widgets.py":
        assert "bind=" not in text
        assert "query-params" not in text


@pytest.mark.parametrize("path", [path for path in LIBRARY if "figures" in path.parts], ids=lambda path: path.name)
def test_figures_use_no_high_level_plotting(path):
    assert "plotly.express" not in imported(path)


def test_the_id_of_an_incident_is_made_in_one_place():
    makers = {module_of(path) for path in [*LIBRARY, *PAGES, ROOT / "app.py"] if tops(path) & {"secrets", "uuid"}}
    assert makers == {"embedcore.errors"}
    incidents = {embedcore.errors.new_incident() for _ in range(50)}
    assert len(incidents) == 50
    assert all(len(each) == 8 and int(each, 16) >= 0 for each in incidents)


def test_what_is_public_is_there_and_sorted():
    assert embedcore.__all__ == sorted(embedcore.__all__)
    assert all(hasattr(embedcore, name) for name in embedcore.__all__)


@pytest.mark.parametrize(
    "path", [*LIBRARY, *PAGES, *sorted((ROOT / "export").rglob("*.py"))], ids=lambda path: path.name
)
def test_no_file_grows_a_second_concept(path):
    assert len(path.read_text().splitlines()) <= 300


def test_the_first_that_embedcore_does_is_to_silence_onnx_runtime():
    """Every import of `embedcore.…` runs the package's own file first; nothing before that line may load the runtime."""
    body = ast.parse((ROOT / "embedcore" / "__init__.py").read_text()).body
    place = next(i for i, node in enumerate(body) if ast.unparse(node) == "os.environ['ORT_DISABLE_TELEMETRY'] = '1'")
    assert [ast.unparse(node) for node in body[:place] if isinstance(node, ast.Import | ast.ImportFrom)] == [
        "import os"
    ]


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for folder in ("export", "pages", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "onnxruntime" in tops(path)
    ),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_who_imports_onnx_runtime_beside_embedcore_comes_after_it(path):
    """Test modules do: pytest imports tests/conftest.py first, which imports embedcore before the runtime."""
    assert path.is_relative_to(ROOT / "tests")
    lines = (ROOT / "tests" / "conftest.py").read_text().splitlines()
    assert lines.index("import embedcore") < lines.index("    import onnxruntime")


@pytest.mark.parametrize("first", ["app", "export.__main__", "embedcore.maps.worker"])
def test_no_library_loads_onnx_runtime_before_it_is_silenced(first):
    """torch, onnxscript or Streamlit might be the first to import it; the variable is set at that moment."""
    code = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime': print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import importlib; module = importlib.import_module({first!r})\n"
        "for name in getattr(module, 'COMMANDS', ()): importlib.import_module(f'export.{name}')\n"
        "import onnxruntime\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.split() == [b"1"]


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
    endings = (b".onnx", b".gz", b".png", b".npz", b".xz")
    binaries = [ROOT / name.decode() for name in files if name.endswith(endings)]
    assert sum(path.stat().st_size for path in binaries) < 90_000_000
    assert sum(path.stat().st_size for path in binaries if path.parent.name == "models") < 70_000_000
    assert (ROOT / "models" / "pydoc-gpt.onnx").stat().st_size <= 8_000_000
