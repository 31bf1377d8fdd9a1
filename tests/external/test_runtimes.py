"""Every kind of file and every generic graph, in the oldest and the newest ONNX Runtime, and in OpenVINO."""

import json
import re

import pytest

from tests.external.cases import kinds
from tests.external.compared import compare
from tests.external.environments import HERE, answer_of, python, run

pytestmark = pytest.mark.external

DOCS = HERE.parents[1] / "docs" / "runtimes.md"
# The tolerance of a float32 sum of a few terms; scores of these sizes stay within it too.
BOUND = 1e-6
# OpenVINO computes float64 in float32: angles of 10⁵ radians then err by some 10⁻². What a file stores stays exact.
OPENVINO = {"rope dynamic": 1e-2, "graphs/sinusoidal.onnx": 1e-2, "graphs/rope.onnx": 1e-1}
# Rows that are only looked up, and buckets, which are whole numbers.
EXACT = ("graphs/learned.onnx", "graphs/t5.onnx")


@pytest.mark.parametrize("name", ["oldest", "newest", "openvino"])
def test_every_file_runs_and_gives_the_oracles_numbers(name, cases):
    deviations = compare(cases, answer_of(name, cases))
    assert {each.file: each.fault for each in deviations if each.fault} == {}
    assert list(dict.fromkeys(each.kind for each in deviations)) == kinds()
    for each in deviations:
        most = 0 if each.kind in EXACT else OPENVINO.get(each.kind, BOUND) if name == "openvino" else BOUND
        assert each.error <= most, each


def test_a_wrong_number_is_found(cases, tmp_path):
    answer = answer_of("newest", cases)
    results = json.loads(answer.read_text())
    case = next(case for case in compare(cases, answer) if case.kind == "shaw")
    stored = results["cases"][kinds().index("shaw")]["runs"][1]["relative_embeddings"]
    values = bytearray((cases / stored["file"]).read_bytes())
    values[3] ^= 1
    (cases / "wrong.bin").write_bytes(values)
    stored["file"] = "wrong.bin"
    (tmp_path / "wrong.json").write_text(json.dumps(results))
    wrong = [each.file for each in compare(cases, tmp_path / "wrong.json") if each.error > BOUND]
    assert wrong == [case.file]


def test_the_docs_table_has_every_kind_in_every_runtime():
    """`make runtimes` writes it; a kind or a version that it does not know asks for it to be run again."""
    lines = [line for line in DOCS.read_text().splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    header, _, *body = rows
    pinned = [
        re.search(r"==([\d.]+)", (HERE / f"{name}.txt").read_text())[1] for name in ("oldest", "newest", "openvino")
    ]
    web = json.loads((HERE / "web" / "package.json").read_text())["dependencies"]
    expected = [*pinned, web["onnxruntime-node"], web["onnxruntime-web"]]
    assert [cell.split()[-1] for cell in header[1:]] == expected
    assert [row[0].strip("`") for row in body] == kinds()
    for row in body:
        for cell, name in zip(row[1:], ("oldest", "newest", "openvino", "node", "web"), strict=True):
            most = OPENVINO.get(row[0].strip("`"), BOUND) if name == "openvino" else BOUND
            assert float(cell) <= most, row


def test_the_readme_says_the_range():
    oldest, newest = (
        re.search(r"onnxruntime==([\d.]+)", (HERE / f"{name}.txt").read_text())[1] for name in ("oldest", "newest")
    )
    readme = " ".join((HERE.parents[1] / "README.md").read_text().split())
    assert f"runs in ONNX Runtime {oldest} to {newest}" in readme
    assert "0 ≤ id < n_vocab and 1 ≤ sequence ≤ context_length" in readme


RAW = {
    "newest": "import onnxruntime; run = onnxruntime.InferenceSession(path).run; rows = lambda ids: run(['token_embeddings'], {'token_ids': ids})[0]",
    "openvino": "import openvino; model = openvino.Core().compile_model(path, 'CPU'); rows = lambda ids: model({'token_ids': ids})['token_embeddings']",
}


@pytest.mark.parametrize("name", RAW)
def test_what_a_raw_file_makes_of_a_wrong_id_is_what_the_docs_say(name):
    path = HERE.parents[1] / "models" / "toy.onnx"
    code = f"import sys, numpy as np; path = {str(path)!r}; {RAW[name]}; print(rows(np.array([[int(sys.argv[1])]])).ravel().tolist())"

    def row(token_id):
        return json.loads(run(python(name), "-c", code, token_id))

    assert row(-1) == row(5)
    if name == "openvino":
        assert row(6) == [0.0, 0.0, 0.0]
    else:
        with pytest.raises(AssertionError, match="indices element out of data bounds"):
            row(6)
