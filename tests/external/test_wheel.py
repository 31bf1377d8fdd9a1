"""The wheel holds the library alone, and works in an environment that has nothing but what it asks for."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.external.environments import python, run

pytestmark = pytest.mark.external

ROOT = Path(__file__).parents[2]
PROGRAM = """
import importlib.util, json, sys
from pathlib import Path

import embedcore

model = embedcore.open_model(sys.argv[1], provider="cpu")
layer = model.run([3])
matches = embedcore.neighbors(model.table, model.table[3], k=1)
plane = embedcore.project(model.table, method="pca")
print(json.dumps({
    "place": embedcore.__file__,
    "version": embedcore.__version__,
    "ids": embedcore.get_tokenizer("gpt2").encode("Hello, world").token_ids.tolist(),
    "row": [round(value, 4) for value in layer.token_embeddings[0, 0].tolist()],
    "nearest": matches.token_ids.tolist(),
    "shape": list(plane.coordinates.shape),
    "others": [name for name in ("torch", "streamlit", "plotly", "sklearn", "export", "pages") if importlib.util.find_spec(name)],
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel once, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        python("wheel"),
        "-m",
        "pip",
        "wheel",
        ROOT,
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
        "-w",
        folder,
    )
    (path,) = folder.glob("embedcore-*.whl")
    return path


def test_the_wheel_holds_the_library_and_its_data_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"embedcore"}
    tracked = subprocess.run(["git", "ls-files", "embedcore"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(tracked.stdout.split()) == {name for name in names if name.startswith("embedcore/")}
    assert "embedcore/py.typed" in names
    assert "embedcore/engine/graphs/search.onnx" in names
    assert "embedcore/tokens/data/vocab.bpe.gz" in names


def test_the_wheel_works_where_nothing_else_is(wheel, tmp_path):
    """The dependencies are lent by a path; pip finds all that the wheel asks for there, for it may ask no index."""
    lender, empty = python("wheel"), tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", empty], check=True)
    (packages,) = empty.glob("lib/python*/site-packages")
    lent = run(lender, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (packages / "lent.pth").write_text(lent)
    run(lender, "-m", "pip", "--python", empty / "bin" / "python", "install", "--no-index", "-q", wheel)
    printed = subprocess.run(
        [empty / "bin" / "python", "-c", PROGRAM, ROOT / "models" / "toy.onnx"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    by_name = [empty / "bin" / "python", "-c", "import embedcore; print(embedcore.open_model('toy').sha256)"]
    there = {name: value for name, value in os.environ.items() if name != "EMBEDCORE_MODELS"}
    models = {"EMBEDCORE_MODELS": str(ROOT / "models")}
    opened = subprocess.run(by_name, cwd=tmp_path, env=there | models, capture_output=True, text=True, check=False)
    assert opened.stdout.strip() == hashlib.sha256((ROOT / "models" / "toy.onnx").read_bytes()).hexdigest(), (
        opened.stderr
    )
    refused = subprocess.run(by_name, cwd=tmp_path, env=there, capture_output=True, text=True, check=False)
    assert (
        f"toy.onnx was looked for in {packages / 'models'}, which is not there: set EMBEDCORE_MODELS" in refused.stderr
    )
    answer = json.loads(printed.stdout)
    assert Path(answer.pop("place")).is_relative_to(packages)
    assert answer.pop("version") == wheel.name.split("-")[1]
    assert answer == {
        "ids": [15496, 11, 995],
        "row": [-0.4015, 0.9666, -1.1481],
        "nearest": [[3]],
        "shape": [6, 2],
        "others": [],
    }
