"""A file that is written again while the app runs: what is shown follows it, and no cache answers for the old one."""

import asyncio
import gc
import hashlib
import json
import os
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

import embedcore
from embedcore.errors import ModelFileError
from embedcore.files.plain import read_file
from embedcore.files.state import file_state
from embedcore.maps import make as map_making
from embedcore.maps.file import map_path, vectors_sha256, write_map
from embedcore.maps.make import make_map
from embedcore.maps.methods import METHODS
from embedcore.maps.recipe import Recipe
from embedcore.model import catalog
from embedcore.model.output_table import output_table_path
from embedcore.model.stages import STAGES
from embedcore.model.vectors_key import read_vectors, table_key, vectors_key
from pages.shared import services
from pages.views.map import box as map_box
from pages.views.map import compare as map_compare
from pages.views.map.shown_map import MapRequest, ShownMap
from pages.views.map.space import Space
from tests.pages.apptest import PAGES, ROOT, words
from tests.pages.map_page import wait
from tests.small_models import small_table, write_small_model

pytestmark = pytest.mark.usefixtures("own_cache")
TEXT = "fox jumps over dog"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of models of one's own, in which "mine" is exported with seed 0; the book's toy is there too."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(catalog.MODELS_FOLDER / "toy.onnx", folder)
    monkeypatch.setattr(catalog, "MODELS_FOLDER", folder)
    write_small_model(folder / "mine.onnx", seed=0)
    return folder


def opened(page, **state):
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params["model"] = "mine"
    sentences = {"first_sentence": "fox over dog", "second_sentence": "fox dog over"}
    windows = {"max_length": 2, "stride": 1, "batch_size": 1}
    for key, value in {"text": TEXT, **sentences, **windows, **state}.items():
        at.session_state[key] = value
    at.run()
    if page != "overview.py":
        at.switch_page(page).run()
    assert not at.exception
    return at


def shown(at):
    """Return all numbers of a page: its sentences, charts, tables and lists."""
    assert not at.exception
    assert not at.error
    said = [line for line in words(at).splitlines() if " ms on the " not in line]
    charts = [chart.proto.spec for chart in at.get("plotly_chart")]
    lists = [part.proto.json for part in at.get("bidi_component")]
    tables = [frame.value.to_json() for frame in at.dataframe]
    return json.dumps([said, charts, lists, tables])


@pytest.mark.parametrize("page", PAGES)
def test_every_page_follows_a_model_that_is_exported_again(models, page):
    at = opened(page)
    before = shown(at)
    write_small_model(models / "mine.onnx", seed=1)
    at.run()
    after = shown(at)
    assert after == shown(opened(page))
    if page != "tokens.py":  # it shows no number of the model
        assert after != before


def test_every_service_gives_the_numbers_of_the_file_as_it_is(models):
    for seed in (0, 1, 0):
        write_small_model(models / "mine.onnx", seed=seed)
        model, table = services.model("mine", "cpu"), small_table("toy", seed=seed)
        np.testing.assert_array_equal(model.table, table)
        for stage, rows in ((STAGES[0], table), (STAGES[1], table + model.positions[0])):
            for ids in (None, np.array([0, 2, 3, 5])):
                space, vectors = Space(model, stage, ids), rows if ids is None else rows[ids]
                np.testing.assert_allclose(space.vectors, vectors, rtol=1e-6, atol=1e-6)
                assert space.sha256 == vectors_sha256(space.vectors)
                n_ids = len(space.index.search(space.vectors[:1], k=len(vectors)).token_ids[0])
                assert n_ids == len(vectors)
        for stage, rows in ((STAGES[0], table), (STAGES[1], table + model.positions[0])):
            for ids in (None, np.array([0, 2, 3, 5])):
                components = services.pca(vectors_key(model, stage, ids), model)
                named = (rows if ids is None else rows[ids]).astype(float)
                centered = named - named.mean(axis=0)
                assert components.n_components == min(10, *named.shape)
                expected = np.linalg.svd(centered)[1] ** 2
                np.testing.assert_allclose(
                    components.explained_variance_ratio, expected / (centered**2).sum(), rtol=1e-4, atol=1e-7
                )
        np.testing.assert_allclose(
            services.audit(model).norm.values, np.linalg.norm(table.astype(float), axis=1), rtol=1e-6
        )
        for metric, best in (("dot", (table @ table[2]).argmax()), ("euclidean", 2)):
            index = services.neighbor_index(table_key(model), metric, "cpu", model)
            assert index.search(table[2], k=1).token_ids[0, 0] == best


def test_a_service_holds_every_argument_in_its_key(models):
    model = services.model("mine", "cpu")
    assert services.model("mine", "auto") is not model
    assert services.model("mine", "cpu") is model
    assert [len(services.categories("toy", n_rows).codes) for n_rows in (4, 6)] == [4, 6]
    assert len(services.labels("toy")) == 6 != len(services.labels("gpt2"))
    assert [len(services.scripts(*named)[0]) for named in (("toy", 6), ("toy", 9), ("gpt2", 50_304))] == [6, 9, 50_304]
    assert [services.tokenizer(name).name for name in ("toy", "gpt2")] == ["toy", "gpt2"]
    keys = [vectors_key(model, STAGES[0], np.array([0, 1])), vectors_key(model, STAGES[0], np.array([0, 2]))]
    keys += [vectors_key(model, stage) for stage in STAGES]
    assert len({services.sha256(key, model) for key in keys}) == len(keys)
    for key in keys:
        np.testing.assert_array_equal(services.vectors(key, model), read_vectors(key, model))
    for service in (services.change, services.clusters):
        assert [service(key, lambda key=key: key) for key in ("a", "b")] == ["a", "b"]


def test_the_provider_that_is_chosen_on_a_page_is_asked_for():
    import onnxruntime

    at = opened_default()
    assert "It runs on CPU" in words(at)
    at.selectbox(key="provider").set_value("cuda").run()
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        assert "It runs on CUDA" in words(at)
    else:
        assert "CUDA" in "".join(error.value for error in at.error)
        assert "It runs on" not in words(at)
    at.selectbox(key="provider").set_value("cpu").run()
    assert not at.error
    assert "It runs on CPU" in words(at)


def opened_default():
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    return at.run()


# Maps


def request_of(model, method="pca", *, stage=STAGES[0], rows=None, seed=0, components=(0, 1), axes=()):
    return MapRequest(Space(model, stage, rows), Recipe(method, 2, components, seed), axes)


def test_a_map_is_known_by_all_that_it_depends_on(models, monkeypatch):
    model = services.model("mine", "cpu")
    write_small_model(models / "other.onnx", seed=1)
    plain = request_of(model)
    others = [
        request_of(services.model("other", "cpu")),
        request_of(model, "tsne"),
        request_of(model, stage=STAGES[1]),
        request_of(model, rows=np.array([1, 2])),
        request_of(model, rows=np.array([1, 3])),
        request_of(model, seed=1),
        request_of(model, components=(0, 2)),
        request_of(model, axes=("dog", "fox")),
        request_of(model, axes=("fox", "dog")),
    ]
    keys = {request.key for request in [plain, *others]}
    assert len(keys) == len({request.finished for request in [plain, *others]}) == len(others) + 1
    assert request_of(model).key == plain.key
    model.file.path.rename(models / "aside.onnx")  # the same name, and another content
    write_small_model(models / "mine.onnx", seed=3)
    assert request_of(services.model("mine", "cpu")).key not in keys
    before = request_of(model, "tsne").key
    monkeypatch.setitem(METHODS, "tsne", replace(METHODS["tsne"], parameters={"perplexity": 1}))
    assert request_of(model, "tsne").key != before


def test_a_drawn_map_and_a_box_on_it_are_known_by_the_points(tmp_path, models):
    vectors = small_table("gpt2", seed=5, n_vocab=60)
    write_small_model(models / "sixty.onnx", tokenizer="gpt2", seed=5, n_vocab=60)
    request = request_of(services.model("sixty", "cpu"), "tsne", components=())
    path = tmp_path / "map.npz"
    known = []
    for seed in (0, 1):
        stored = make_map(vectors, Recipe("pca", 2, (seed, 2)))
        write_map(path, stored)
        state = file_state(path)
        shown_map = ShownMap(request, None, services.stored_map(state, vectors_sha256(vectors)), state)
        np.testing.assert_allclose(shown_map.stored.coordinates, stored.coordinates, rtol=0, atol=1e-3)
        known.append((shown_map.key, map_box._mark(shown_map)))
    assert len(set(known)) == len({key for key, _ in known}) == len({mark for _, mark in known}) == 2
    there = tmp_path / "elsewhere"
    there.mkdir()
    shutil.copy(models / "sixty.onnx", there)
    same = replace(shown_map, request=request_of(embedcore.open_model(there / "sixty.onnx"), "tsne", components=()))
    assert map_box._mark(same) == map_box._mark(shown_map)  # a link works on another server


def test_how_neighborhoods_changed_is_known_by_both_maps(models):
    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=5, n_vocab=60)
    model = services.model("mine", "cpu")

    def shown_map(*components):
        request = request_of(model, components=components)
        return ShownMap(request, map_making.draw(model.table, request.recipe), None)

    pairs = [((0, 1), (0, 1)), ((0, 1), (2, 3)), ((0, 1), (4, 5)), ((2, 3), (4, 5))]
    changes = [map_compare._change(shown_map(*one), shown_map(*two))[0].tolist() for one, two in pairs]
    assert changes[0] == [0.0] * 60
    assert len({tuple(change) for change in changes}) == len(pairs)


def test_a_stored_map_is_read_again_when_it_changes_and_is_gone_with_its_file(models):
    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=5, n_vocab=60)
    vectors = small_table("gpt2", seed=5, n_vocab=60)
    path = map_path(models / "mine.onnx", "umap", 2)
    at = opened("map.py", method="UMAP", text="a", show_text=False)
    assert "This map is not computed yet." in words(at)
    seen = set()
    for component in (0, 1):
        write_map(path, make_map(vectors, Recipe("pca", 2, (component, 2))))
        os.utime(path, ns=(0, 0))  # a copy that keeps its time
        seen.add(shown(at.run()))
    assert len(seen) == 2
    path.unlink()
    assert "This map is not computed yet." in words(at.run())


def test_measure_works_after_a_model_was_exported_again(models):
    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=5, n_vocab=60)
    at = opened("map.py", text="a", show_text=False)
    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=6, n_vocab=60)
    at.button(key="fidelity0_start").click().run()
    wait(at, "**Trustworthiness 0.")
    assert not at.error


def test_the_map_maker_refuses_another_file_than_the_pages(models):
    import io

    from embedcore.maps.worker import work

    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=5, n_vocab=60)
    request = request_of(services.model("mine", "cpu"))
    write_small_model(models / "mine.onnx", tokenizer="gpt2", seed=6, n_vocab=60)
    lines = io.StringIO()
    work(request.job.to_json(), models / "map.npz", lines)
    assert json.loads(lines.getvalue())["failure"]["message"] == (
        "mine.onnx has changed since this map was asked for: open the page again"
    )
    assert not (models / "map.npz").exists()


# Model files


def test_a_model_is_one_file_from_first_to_last(models, monkeypatch):
    path = models / "mine.onnx"

    def and_then_replace(read, *, most):
        content = read_file(read, most=most)
        if read == path:
            monkeypatch.setattr("embedcore.model.file.read_file", read_file)
            write_small_model(path, seed=1)
        return content

    monkeypatch.setattr("embedcore.model.file.read_file", and_then_replace)
    model = embedcore.open_model(path, provider="cpu")
    np.testing.assert_array_equal(model.table, small_table("toy", seed=0))
    with pytest.raises(ModelFileError, match=r"mine\.onnx has changed since it was opened: open the model again"):
        _ = model.position_table
    assert embedcore.open_model(path).file.sha256 != model.sha256


def test_a_file_that_cannot_be_read_is_said_and_left_when_it_is_whole_again(models):
    path = models / "mine.onnx"
    at, whole = opened("lookup.py"), path.read_bytes()
    before = shown(at)
    path.write_bytes(whole[: len(whole) // 2])
    at.run()
    assert not at.exception
    assert "mine.onnx" in "".join(error.value.replace("\\", "") for error in at.error)
    path.write_bytes(whole)
    assert shown(at.run()) == before


def test_the_old_model_is_let_go(models):
    old = weakref.ref(services.model("mine", "cpu"))
    write_small_model(models / "mine.onnx", seed=1)
    services.model("mine", "cpu")
    gc.collect()
    assert old() is None


def test_an_output_table_is_read_again_when_it_changes(models):
    model, path = services.model("mine", "cpu"), output_table_path(models / "mine.onnx")
    assert model.output_table is None
    assert services.audit(model).output is None
    for seed in (7, 8):
        np.save(path, small_table("toy", seed=seed))
        assert services.model("mine", "cpu") is model
        np.testing.assert_array_equal(model.output_table, small_table("toy", seed=seed))
        np.testing.assert_allclose(
            services.audit(model).output.norm.values,
            np.linalg.norm(small_table("toy", seed=seed).astype(float), axis=1),
            rtol=1e-6,
        )
    path.unlink()
    assert model.output_table is None
    assert services.audit(model).output is None


def ask(route, **request):
    """Return the answer of one of the server's routes; its body where it is a file's."""
    import app

    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", **request}
    answer, sent = getattr(app, route)(Request(scope)), []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()  # the reader stays

    # In a thread of its own: a browser test before it leaves an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer(scope, receive, send)).result()
    return answer.headers, b"".join(message.get("body", b"") for message in sent)


def test_the_server_hands_out_the_file_whose_numbers_are_shown_and_says_which_it_is(models):
    at = opened("lookup.py")
    marks = set()
    for seed in (0, 1):
        write_small_model(models / "mine.onnx", seed=seed)
        headers, body = ask("model_file", path_params={"name": "mine"})
        sha256 = hashlib.sha256(body).hexdigest()
        assert headers["ETag"] == f'"{sha256}"'
        assert services.model("mine", "cpu").file.sha256 == sha256
        assert f"The file's sha256 is `{sha256[:12]}…`." in words(at.run())
        marks.add(sha256)
    assert len(marks) == 2


def test_the_untrained_file_is_checked_once_in_each_state(monkeypatch, tmp_path):
    read, check = [], catalog.read_model_file
    monkeypatch.setattr(catalog, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr("embedcore.model.untrained.write_untrained", lambda path, name: write_small_model(path))
    monkeypatch.setattr(catalog, "read_model_file", lambda path: read.append(path) or check(path))
    path = catalog.find(catalog.UNTRAINED)
    assert read == []
    for n_read in (1, 1, 1):
        assert catalog.find(catalog.UNTRAINED) == path
        assert len(read) == n_read
    path.write_bytes(b"damaged")
    catalog.find(catalog.UNTRAINED)
    assert len(read) == 2
    check(path)


def test_a_state_tells_a_file_that_was_written_in_place_replaced_or_moved_from_what_it_was(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    assert file_state(path) is None
    path.write_bytes(b"1234")
    first = file_state(path)
    assert first == file_state(path)
    changed = first.changed
    while changed == first.changed:  # its clock ticks every few milliseconds
        path.write_bytes(b"4321")  # as long as before
        os.utime(path, ns=(first.modified, first.modified))
        changed = path.stat().st_ctime_ns
    second = file_state(path)
    assert (second.path, second.inode, second.n_bytes, second.modified) == (
        first.path, first.inode, first.n_bytes, first.modified
    )  # fmt: skip
    other.write_bytes(b"4321")
    os.utime(other, ns=(first.modified, first.modified))
    other.replace(path)
    third = file_state(path)
    assert len({first, second, third}) == 3
    assert file_state(path / "below") is None
