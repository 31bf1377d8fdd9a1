"""One row for each method: a made-up layout, one file and one row, appears wherever methods do."""

import argparse
import os
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import embedcore
from embedcore.maps.file import read_map, vectors_sha256
from embedcore.maps.job import MapJob
from embedcore.maps.jobs import Jobs
from embedcore.maps.methods import METHODS, MapMethod, Method, layout_ids, projection_ids
from embedcore.maps.recipe import Recipe
from embedcore.model.id_sets import pack_ids
from tests.pages.apptest import by_link, words

ROOT = Path(__file__).parents[2]
IDS = np.arange(300, 360)
FILE = """
import numpy as np

def spiral(vectors, graph, start, seed, parameters, progress):
    progress("spiral", 1.0)
    angle = np.linspace(0, 2 * np.pi * parameters["turns"], len(vectors)) + seed
    return (np.stack([np.cos(angle), np.sin(angle), angle], axis=1) * (1 + angle[:, None]))[:, : start.shape[1]]
"""
ROW = """MapMethod("spiral", "Spiral", "a spiral", r"r = 1 + \\theta", "Nowhere in particular.", "seed", "numpy", (1, 1), "spiral:spiral", parameters={"turns": 3})"""


def test_the_rows_are_those_that_the_type_names():
    assert tuple(METHODS) == get_args(Method)
    assert all(row.id == name for name, row in METHODS.items())
    assert layout_ids() == ("tsne", "umap")
    assert projection_ids() == ("pca", "tsne", "umap")
    assert [name for name, row in METHODS.items() if row.has_axes] == ["pca", "axes"]


@pytest.fixture
def spiral(tmp_path, monkeypatch, own_cache):
    """Add a layout to this process, and to every process that it starts."""
    folder = tmp_path / "layout"
    folder.mkdir()
    (folder / "spiral.py").write_text(FILE)
    (folder / "sitecustomize.py").write_text(
        f"from embedcore.maps.methods import METHODS, MapMethod\nMETHODS['spiral'] = {ROW}\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
    row = eval(ROW, {"MapMethod": MapMethod})
    monkeypatch.setitem(METHODS, "spiral", row)
    return row


def expected(seed):
    angle = np.linspace(0, 6 * np.pi, len(IDS)) + seed
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * (1 + angle[:, None])


def test_a_made_up_layout_projects(spiral, pydoc):
    projection = embedcore.project(pydoc.table[IDS], method="spiral", seed=2)
    np.testing.assert_allclose(projection.coordinates, expected(2), rtol=1e-6, atol=1e-5)
    assert projection.method == "spiral"
    placed = projection.transform(pydoc.table[IDS[:3]])
    np.testing.assert_array_equal(placed, projection.coordinates[:3])
    with pytest.raises(embedcore.EmbedcoreError, match="there are pca, tsne, umap, spiral"):
        embedcore.project(pydoc.table[IDS], method="mds")


def test_a_made_up_layout_is_made_by_a_real_map_maker(spiral, pydoc):
    jobs = Jobs()
    job = MapJob("pydoc-gpt", pydoc.sha256, "token vectors", Recipe("spiral", 2, seed=1), pack_ids(IDS, 50_257))
    jobs.start(job)
    end = time.monotonic() + 120
    while jobs.status(job).is_running:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert jobs.status(job).failure is None
    stored = read_map(jobs.path(job), vectors_sha256(pydoc.table[IDS]))
    step = np.ptp(expected(1), axis=0).max() / 65_534
    np.testing.assert_allclose(stored.coordinates, expected(1), rtol=0, atol=0.51 * step + 1e-5)
    assert stored.provenance["parameters"] == {"n_neighbors": 15, "metric": "cosine", "turns": 3}
    assert stored.provenance["method"] == "spiral"


def test_a_made_up_layout_stands_among_the_controls_and_has_formula_and_code(spiral, pydoc, monkeypatch):
    at = by_link("map.py", model="pydoc-gpt", rows="picked", picked=pack_ids(IDS, 50_257), method="Spiral")
    assert not at.exception
    assert at.button_group(key="method").options[-1] == "Spiral"
    at.button(key="map_start").click().run()
    end = time.monotonic() + 120
    while "60 points, none left out" not in words(at):
        assert time.monotonic() < end, words(at)
        time.sleep(0.2)
        at.run()
    assert not at.exception
    assert any(spiral.formula in latex.value for latex in at.latex)
    assert spiral.placing in [caption.value for caption in at.caption]
    assert any('method="spiral", n_components=2, seed=0' in code.value for code in at.code)


def test_a_made_up_layout_is_an_option_of_the_export(spiral):
    from export.maps import add_arguments

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args(["toy", "--method", "spiral"]).method == ["spiral"]
    assert parser.parse_args(["toy"]).method == ["tsne", "umap", "spiral"]
