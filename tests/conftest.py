"""What every test shares: array types are checked while the tests run, and models are opened once."""

import os

# As many threads as the app takes on two cores, whatever the machine has; one where workers share the cores, for
# threads that wait for each other keep a core busy.
N_THREADS = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"
os.environ.setdefault("OMP_NUM_THREADS", N_THREADS)
os.environ.setdefault("EMBEDCORE_THREADS", N_THREADS)

from collections.abc import Iterator
from pathlib import Path

from jaxtyping import install_import_hook

LIBRARY = Path(__file__).parents[1] / "embedcore"
ROOMS = ("audit", "figures", "maps", "model", "schemes", "space", "tokens")
# Where arrays are. Left out: what takes values that its own checks must name, and tests hand it such values.
LEFT_OUT = {
    "maps": {"job", "jobs", "linear_makers", "make", "methods", "principal", "recipe", "worker"},
    "model": {"catalog", "file", "graph_check", "graph_cost", "graph_shapes", "onnx_bytes"},
    "schemes": {"buckets", "parameters", "registry", "rope_parameters"},
    "space": {"bound_rows", "carried", "evenly", "metrics", "neighbors", "two_tables"},
    "tokens": {"copied_labels", "label_file", "labels", "merges", "search", "tokenizer", "vocabularies", "written_ids"},
}
MODULES = [
    f"embedcore.{room}.{path.stem}"
    for room in ROOMS
    for path in sorted((LIBRARY / room).glob("*.py"))
    if path.stem != "__init__" and path.stem not in LEFT_OUT.get(room, ())
]
install_import_hook(MODULES, "beartype.beartype")

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.nn.oracles")  # here, before any test takes an oracle from there

import embedcore
from embedcore.cache import cache_folder
from embedcore.model.model import Model

# Machines are noisy: no test fails for being slow. The gate tries the same examples every time, people try new ones.
settings.register_profile("embedcore", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("embedcore")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="no CUDA in this ONNX Runtime"))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep maps and own models that a test makes out of the user's own folder; vocabularies are found there still."""
    for there in cache_folder().iterdir():
        if there.name not in {"maps", "own"}:
            (tmp_path / "embedcore").mkdir(exist_ok=True)
            (tmp_path / "embedcore" / there.name).symlink_to(there)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache_folder.cache_clear()
    yield cache_folder()
    cache_folder.cache_clear()


@pytest.fixture(scope="session")
def toy() -> Model:
    return embedcore.open_model("toy", provider="cpu")


@pytest.fixture(scope="session")
def pydoc() -> Model:
    return embedcore.open_model("pydoc-gpt", provider="cpu")


@pytest.fixture(scope="session")
def untrained() -> Model:
    return embedcore.open_model("random-gpt2", provider="cpu")
