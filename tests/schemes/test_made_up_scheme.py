"""A new scheme is new files alone: the how-to's are written into a copy of the repository, and nothing else is touched."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embedcore.contract import SCORE_ATOL, SCORE_RTOL

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "scheme.md").read_text()
FILES = dict(re.findall(r'^    ```python title="([\w/]+\.py)"\n(.*?)^    ```$', GUIDE, re.MULTILINE | re.DOTALL))
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^ +(python -m export .+)$", GUIDE, re.MULTILINE)]

LIBRARY = """
import json
import numpy as np
import embedcore
from embedcore.model.scheme import scheme_of_model
from embedcore.schemes import Heads, Tokens
from embedcore.schemes.outputs import output_axes
from embedcore.schemes.table import markdown_table
from export.random import random_layer

model = embedcore.open_model("triangle", provider="cpu")
layer = model.run([[2, 0, 5, 5]])
rows = layer.token_embeddings[0]
scheme = scheme_of_model(model)
tokens = Tokens.of(rows)
try:
    random_layer(n_vocab=6, d_model=4, context_length=8, seed=1, positions="triangle", period=1)
    refusal = ""
except embedcore.EmbedcoreError as error:
    refusal = str(error)
print(json.dumps({
    "parameters": dict(model.metadata.position_parameters),
    "outputs": list(output_axes(model.metadata)),
    "position_embeddings": layer.position_embeddings.tolist(),
    "is_sum": bool((layer.input_embeddings[0] == rows + layer.position_embeddings).all()),
    "scheme": [scheme.name, scheme.period],
    "added": scheme.added(np.arange(4), 4).tolist(),
    "shape": scheme.attend(tokens, tokens, Heads(2)).scores.shape,
    "table": markdown_table(),
    "refusal": refusal,
}))
"""

PAGE = """
import json
import shutil
from pathlib import Path
from streamlit.testing.v1 import AppTest
from pages.shared.downloads import graph_file
from pages.views.positions.views import VIEWS

def look(**link):
    at = AppTest.from_file("pages/frame.py", default_timeout=60)
    at.switch_page("positions.py")
    at.query_params.update({"model": "triangle", "schemes": "triangle", "view": "Formula and code", "text": "fox jumps", **link})
    at.run()
    return {
        "exceptions": [error.value for error in at.exception],
        "errors": [error.value for error in at.error],
        "warnings": [warning.value for warning in at.warning],
        "words": [part.value for part in at.markdown],
        "formulas": [part.value for part in at.latex],
        "code": [part.value for part in at.code],
        "knobs": {box.label: box.value for box in at.number_input},
        "link": dict(at.query_params),
    }

def run(code):
    names = {}
    exec(code, names)
    return names["scores"].tolist()

shutil.copy("models/triangle.onnx", ".")
for path in Path("embedcore/engine/graphs").glob("*.onnx"):
    shutil.copy(path, graph_file(path.stem))  # as the page offers them
views = {view: look(view=view, schemes=["sinusoidal", "triangle"]) for view in VIEWS}
looks = [look(), look(carried="false", triangle_period="5"), look(carried="false", triangle_period="1")]
print(json.dumps([*looks, [run(code) for code in looks[1]["code"]], views]))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Return a copy of the repository with the new files, and what its commands print."""
    house = tmp_path_factory.mktemp("house")
    for room in ("embedcore", "export", "pages"):
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    (house / "models").mkdir()
    shutil.copy(ROOT / "app.py", house)
    shutil.copy(ROOT / "models" / "toy.onnx", house / "models")
    for name, code in FILES.items():
        assert not (house / name).exists()
        (house / name).write_text(re.sub("^    ", "", code, flags=re.MULTILINE))
    return house


@pytest.fixture(scope="module")
def printed(house):
    """Return what each of the how-to's commands prints."""
    return [python(house, *command) for command in COMMANDS]


def python(house, *arguments):
    done = subprocess.run([sys.executable, *arguments], cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def triangle(period, n, d_model):
    """Return the waves, 1 at the start of each period, by counting up and down."""
    wave = [abs(period - 2 * step) / period for step in range(period)]
    return [[wave[(place + column) % period] for column in range(d_model)] for place in range(n)]


def test_the_how_to_adds_one_file_to_each_of_four_rooms():
    rooms = ["embedcore/nn", "embedcore/schemes", "export/oracles", "pages/views/positions/schemes"]
    assert list(FILES) == [f"{room}/triangle.py" for room in rooms]


def test_the_commands_write_the_graph_and_a_model_that_keeps_the_contract(house, printed):
    graph, made, verified = printed
    assert graph.startswith("wrote triangle.onnx: ")
    assert "`triangle.onnx`: Triangle waves" in (house / "embedcore" / "engine" / "graphs" / "README.md").read_text()
    assert made.startswith("wrote models/triangle.onnx: 6 × 4")
    assert re.search(r"position_embeddings \[1, 8\] ONNX Runtime = oracle +ok", verified)
    assert re.search(r"triangle.onnx: all \d+ hold", verified)


@pytest.mark.usefixtures("printed")
def test_the_library_opens_the_model_and_knows_the_scheme(house):
    printed_values = json.loads(python(house, "-c", LIBRARY))
    assert printed_values["parameters"] == {"period": 3}
    assert printed_values["outputs"] == ["token_embeddings", "position_embeddings", "input_embeddings"]
    assert printed_values["position_embeddings"] == printed_values["added"]
    for row, expected in zip(printed_values["added"], triangle(3, 4, 4), strict=True):
        assert row == pytest.approx(expected, rel=1e-6)
    assert printed_values["is_sum"]
    assert printed_values["scheme"] == ["triangle", 3]
    assert printed_values["shape"] == [2, 4, 4]
    assert "| `learned`, `sinusoidal`, `triangle` | `position_embeddings` |" in printed_values["table"]
    assert printed_values["refusal"].startswith("period is 1, but must be 2 or more")


@pytest.mark.usefixtures("printed")
def test_the_page_shows_card_knob_and_code_and_refuses_what_is_out_of_range(house):
    carried, free, refused, scores, views = json.loads(python(house, "-c", PAGE))
    assert [seen["exceptions"] for seen in (carried, free, refused)] == [[], [], []]
    assert [carried["errors"], free["errors"]] == [[], []]
    for seen in (carried, free):
        assert any("Each place gets a straight wave" in part for part in seen["words"])
        assert len(seen["formulas"]) == 1
        assert r"\frac{2 s}{T}" in seen["formulas"][0]
        assert len(seen["code"]) == 2
        assert ":gray-badge[:material/function: fixed by the formula" in "".join(seen["words"])
    assert "% 3 " in carried["code"][0]
    assert "% 5 " in free["code"][0]
    assert 'InferenceSession("graph_triangle.onnx")' in free["code"][1]
    assert free["knobs"]["Period of the triangle"] == 5
    assert free["link"]["triangle_period"] == "5"
    assert refused["warnings"] == ["The link asks for triangle_period = `'1'`; it must be 2 to 1,000,000."]
    assert refused["knobs"]["Period of the triangle"] == 8  # the default
    by_torch, by_runtime = (np.array(numbers) for numbers in scores)
    assert by_torch.shape == (1, 2, 2)
    np.testing.assert_allclose(by_torch, by_runtime, rtol=SCORE_RTOL, atol=SCORE_ATOL)
    for name, view in views.items():
        assert view["exceptions"] == [], name
        assert view["errors"] == [] or name == "Word order", name  # whose sentences the toy's six tokens do not write
