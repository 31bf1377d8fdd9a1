"""The process that makes one map: its lines are JSON, its last word is done or an error, its file is whole or absent."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedcore.maps.file import read_map, vectors_sha256
from embedcore.maps.job import MapJob
from embedcore.maps.linear import along
from embedcore.maps.recipe import Recipe
from embedcore.model.id_sets import pack_ids
from embedcore.model.stages import stage_vectors
from embedcore.space.expressions import parse_expression

ROOT = Path(__file__).parents[2]
IDS = np.arange(300, 360)
AXES = (" yes - no", " two - one")


def job(pydoc, **changes):
    recipe = {"method": "tsne", "n_components": 2, "components": (), "seed": 4} | changes.pop("recipe", {})
    job = MapJob("pydoc-gpt", None, "token vectors", Recipe(**recipe), pack_ids(IDS, len(pydoc.table)))
    return replace(job, **changes)


def start(output):
    return subprocess.Popen(
        [sys.executable, "-m", "embedcore.maps.worker", str(output)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(job, path):
    """Return the worker's lines, each as it was read from JSON."""
    return run_text(job.to_json(), path)


def run_text(text, path):
    with start(path) as worker:
        output, errors = worker.communicate(text, timeout=300)
    assert worker.returncode == 0, errors
    return [json.loads(line) for line in output.splitlines()]


def test_a_selection_is_laid_out(pydoc, tmp_path):
    path = tmp_path / "m.npz"
    lines = run(job(pydoc), path)
    assert lines[-1] == {"done": True}
    steps = lines[:-1]
    assert all(step.keys() == {"doing", "share"} and 0 <= step["share"] <= 1 for step in steps)
    assert [doing for doing in dict.fromkeys(step["doing"] for step in steps)] == [
        "exact neighbors", "t-SNE", "fidelity", "clusters",
    ]  # fmt: skip
    rows = pydoc.table[IDS]
    stored = read_map(path, vectors_sha256(rows))
    assert stored.coordinates.shape == (60, 2)
    assert np.ptp(stored.coordinates, axis=0).min() > 0
    assert stored.fidelity.mean_trustworthiness > 0.5
    assert {"method": "tsne", "seed": 4, "n_components": 2}.items() <= stored.provenance.items()
    assert stored.provenance["library"].startswith("openTSNE ")
    assert [file.name for file in tmp_path.iterdir()] == ["m.npz"]


def test_axes_of_ones_own_are_drawn_from_their_expressions(pydoc, tmp_path):
    path = tmp_path / "m.npz"
    lines = run(job(pydoc, recipe={"method": "axes"}, axes=AXES, stage="sums at position 0"), path)
    assert lines[-1] == {"done": True}
    rows = stage_vectors(pydoc, "sums at position 0")[IDS]
    stored = read_map(path, vectors_sha256(rows))
    directions = np.stack([parse_expression(text, pydoc.tokenizer).vector(pydoc.table) for text in AXES])
    expected = along(rows, directions).coordinates
    unit = np.ptp(expected, axis=0).max() / 65_534
    assert np.abs(stored.coordinates - expected).max() <= 0.5 * unit + 1e-6
    assert stored.provenance["library"] == "numpy"


def test_principal_components_of_few_rows_are_judged_by_fewer_neighbors(pydoc, tmp_path):
    path, ids = tmp_path / "m.npz", IDS[:9]
    rows = pack_ids(ids, len(pydoc.table))
    assert run(job(pydoc, rows=rows, recipe={"method": "pca", "components": (2, 0)}), path)[-1] == {"done": True}
    stored = read_map(path, vectors_sha256(pydoc.table[ids]))
    assert stored.coordinates.shape == (9, 2)
    assert stored.fidelity.k == 4
    assert (stored.clusters == -1).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "gpt9"}, "gpt9"),
        ({"stage": "logits"}, "no stage 'logits': choose token vectors or sums at position 0"),
        ({"rows": "nonsense"}, "set of token ids cannot be read"),
        ({"rows": IDS[:5]}, "5 points are fewer than a layout by 15 neighbors needs: choose 17 or more"),
        ({"rows": IDS[:0]}, "[0, 64], but must be [n, d_model] with at least one row"),
        ({"recipe": {"method": "mds"}}, "no layout 'mds': choose tsne or umap"),
        ({"recipe": {"n_components": 4}}, "a layout of 4 dimensions cannot be drawn: choose 2 or 3"),
        ({"recipe": {"method": "pca", "components": (0, 99)}}, "[0, 99]"),
        ({"recipe": {"method": "axes"}, "axes": (" yes +",)}, "character"),
        ({"recipe": {"method": "axes"}, "axes": (" yes - yes",)}, "cancel"),
        ({"recipe": {"method": "axes"}}, "write an expression for each"),
    ],
)
def test_a_job_that_cannot_be_done_ends_with_an_error_and_no_file(pydoc, tmp_path, changes, words):
    if isinstance(changes.get("rows"), np.ndarray):
        changes = changes | {"rows": pack_ids(changes["rows"], len(pydoc.table))}
    lines = run(job(pydoc, **changes), tmp_path / "m.npz")
    assert lines[-1].keys() == {"failure"}
    assert lines[-1]["failure"]["cause"] == "refused"
    assert words in lines[-1]["failure"]["message"]
    assert not any("done" in line for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": 5}'])
def test_what_is_no_job_is_refused(tmp_path, text):
    [line] = run_text(text, tmp_path / "m.npz")
    assert line["failure"]["cause"] == "refused"
    assert "this is no job of a map" in line["failure"]["message"]
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_is_ended_leaves_nothing_behind(pydoc, tmp_path):
    """The map of the whole vocabulary takes a minute; the worker is ended at its first message."""
    with start(tmp_path / "m.npz") as worker:
        worker.stdin.write(job(pydoc, rows=None).to_json())
        worker.stdin.close()
        first = json.loads(worker.stdout.readline())
        worker.terminate()
        assert worker.wait(30) != 0
    assert first["doing"] == "exact neighbors"
    assert list(tmp_path.iterdir()) == []
