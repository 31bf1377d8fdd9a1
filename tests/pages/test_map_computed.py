"""Maps that the Map page has to compute, and map files that it cannot take."""

import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from embedcore.cache import cache_folder
from embedcore.maps.file import map_path, read_map, vectors_sha256, write_map
from embedcore.maps.recipe import Recipe
from embedcore.model.id_sets import pack_ids
from embedcore.model.stages import STAGES
from pages.shared import services
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import Space
from tests.pages.apptest import words
from tests.pages.map_page import check, codes, linked, visit_map, wait
from tests.seen import seen

pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_toy_is_too_small_for_a_layout_and_says_why():
    for method in ("t-SNE", "UMAP"):
        at = visit_map("toy", method=method)
        needs = "6 points are fewer than a layout by 15 neighbors needs: choose 17 or more, or draw them with 'pca'"
        assert needs in words(at)
        assert "This map is not computed yet." not in words(at)  # before any work
        assert not at.get("plotly_chart")


def test_a_selection_is_laid_out_and_opens(pydoc):
    ids = np.sort(np.random.default_rng(1).choice(50_257, 100, replace=False))
    at = linked(rows="picked", picked=pack_ids(ids, 50_257), method="t-SNE")
    at.button(key="map_start").click().run()
    wait(at, "100 points, none left out")
    assert "**Trustworthiness 0." in words(at)
    [file] = (cache_folder() / "maps").glob("*.npz")
    check(at, read_map(file, vectors_sha256(pydoc.table[ids])).coordinates)
    at.button_group(key="method").set_value("PCA").run()
    at.selectbox(key="color").set_value("trust").run()
    assert "needs a measured map" in words(at)
    at.button(key="fidelity0_start").click().run()
    wait(at, "**Trustworthiness 0.")
    assert "needs a measured map" not in words(at)
    assert len(codes(at)) == 100


@pytest.mark.parametrize("is_hosted", [False, True])
def test_a_missing_library_is_named_or_hosted_an_incident_and_never_called_memory(
    is_hosted, tmp_path, monkeypatch, caplog
):
    (tmp_path / "openTSNE.py").write_text("raise ModuleNotFoundError(\"No module named 'openTSNE'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("EMBEDCORE_HOSTED", "1" if is_hosted else "")
    at = linked(rows="picked", picked=pack_ids(np.arange(300, 400 + is_hosted), 50_257), method="t-SNE")
    at.button(key="map_start").click().run()
    end = time.monotonic() + 60
    while not at.error:
        assert time.monotonic() < end, words(at)
        time.sleep(0.2)
        at.run()
    [error] = at.error
    assert "memory" not in error.value
    assert at.button(key="map_start").label == "Compute"
    if is_hosted:
        incident = re.fullmatch(r"Something broke on our side\. Please report incident ([0-9a-f]{8})\.", error.value)[1]
        while not any(f"incident {incident}: " in line for line in caplog.messages):
            assert time.monotonic() < end, caplog.messages
            time.sleep(0.05)
        [line] = [line for line in caplog.messages if f"incident {incident}: " in line]
        assert "ModuleNotFoundError at embedcore/maps/" in line
    else:
        assert "the map could not be made: ModuleNotFoundError: No module named 'openTSNE' (at embedcore/maps/" in seen(
            error.value
        )


@pytest.fixture
def changed(tmp_path, monkeypatch, pydoc):
    """Return a map of other vectors beside a model, which has a name of its own, because the app keeps models by name."""
    folder = tmp_path / "models"
    folder.mkdir()
    model = folder / f"mine-{tmp_path.name}.onnx"
    shutil.copy(pydoc.file.path, model)
    there = read_map(map_path(pydoc.file.path, "tsne", 2), vectors_sha256(pydoc.table))
    beside = map_path(model, "tsne", 2)
    write_map(beside, replace(there, provenance={**there.provenance, "vectors_sha256": "abcdef012345" + "0" * 52}))
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", folder)
    yield beside
    services._opened.clear()


def test_a_map_of_other_vectors_is_named_and_can_be_computed_anew(changed, pydoc, tsne):
    name = changed.name.removesuffix(".tsne-2d.npz")
    at = visit_map(name, method="t-SNE")
    said = "".join(seen(error.value) for error in at.error)
    assert f"{changed.name} is a map of other vectors (sha256 abcdef012345…, these have" in said
    assert vectors_sha256(pydoc.table)[:12] in said
    assert "make the map again with `python -m export maps`" in said
    assert "This map is not computed yet." in words(at)
    assert at.button(key="map_start").label == "Compute"
    assert not at.get("plotly_chart")
    request = MapRequest(Space(services.model(name, "auto"), STAGES[0]), Recipe("tsne", 2))
    write_map(services.jobs().path(request.job), tsne)  # as the map maker does
    at.run()
    assert not at.error
    check(at, tsne.coordinates)


@pytest.mark.parametrize("content", [b"", b"no map", "half"])
def test_a_map_file_that_is_broken_is_named(changed, content):
    changed.write_bytes(changed.read_bytes()[:5_000] if content == "half" else content)
    at = visit_map(changed.name.removesuffix(".tsne-2d.npz"), method="t-SNE")
    assert not at.exception
    said = "".join(seen(error.value) for error in at.error)
    assert f"{changed.name} is no map, or is damaged" in said
    assert "make it again with `python -m export maps`" in said
    assert at.button(key="map_start").label == "Compute"
