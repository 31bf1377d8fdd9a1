"""In every state of a page its code gives the very numbers of its picture: the code is taken off the page, and run."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import embedcore
from embedcore.audit.indicators import audit
from embedcore.cache import cache_folder
from embedcore.maps.file import map_path
from embedcore.maps.layouts import lay_out
from embedcore.maps.recipe import Recipe
from embedcore.model import catalog
from embedcore.model.id_sets import pack_ids
from embedcore.model.stages import STAGES
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.sinusoidal import Sinusoidal
from embedcore.tokens.categories import known_unused
from export.writer import write_model
from pages.shared import snippets
from pages.views.map import snippets as map_snippets
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import Space
from tests.pages.apptest import ROOT, visit, words
from tests.pages.map_page import linked, visit_map
from tests.pages.test_neighbors_page import answered, ask
from tests.pages.test_snippets import run

pytestmark = pytest.mark.usefixtures("own_cache")
DIALECTS = (0, 1)  # PyTorch stands first on a page, ONNX Runtime second


@pytest.fixture
def folder(tmp_path, monkeypatch, pydoc, untrained, toy):
    """Return a folder with the models' files and maps, where code runs as a reader runs it."""
    folder = tmp_path / "reader"
    folder.mkdir()
    for model in (pydoc, untrained, toy):
        (folder / f"{model.name}.onnx").symlink_to(model.file.path)
    for name in ("tsne-2d", "umap-2d", "tsne-3d"):
        there = pydoc.file.path.with_name(f"pydoc-gpt.{name}.npz")
        (folder / there.name).symlink_to(there)
    return folder


def check_map(at, points, chart=0):
    """Hold `points` to the table of the page's map: the chart itself shows places on a raster, wherever zero is."""
    frames = [frame.value for frame in at.dataframe if "id" in frame.value.columns and len(frame.value) == len(points)]
    frames = [frame for frame in frames if set(frame.columns) & {"PC 1", "PC 2", "PC 3", "x"}]
    shown = frames[chart]
    names = [name for name in shown.columns if name.startswith("PC ") or name in ("x", "y", "z")]
    assert len(names) == points.shape[1]
    np.testing.assert_allclose(points, shown[names].to_numpy(), rtol=0, atol=3e-5 * np.abs(points).max())


def codes(at):
    return [block.value for block in at.code]


# The map


MAPS = {
    "as it opens": {},
    "in three dimensions": {"dimensions": "3-D"},
    "other components": {"pc_x": 3, "pc_y": 1},
    "of trained rows": {"rows": "trained"},
    "of sums": {"stage": STAGES[1]},
    "of sums of trained rows": {"stage": STAGES[1], "rows": "trained", "pc_x": 2, "pc_y": 3},
    "own axes": {"method": "own axes"},
    "own axes of sums": {"method": "own axes", "stage": STAGES[1]},
    "own axes of trained rows": {"method": "own axes", "rows": "trained", "axis_x": "0.5*list - 2*#32 + tuple"},
}


@pytest.mark.parametrize("state", MAPS.values(), ids=MAPS)
def test_the_maps_code_gives_its_points(state, folder, monkeypatch):
    at = visit_map(map_table=True, **state)
    assert not at.exception
    for dialect in DIALECTS:
        check_map(at, np.asarray(run(codes(at)[dialect], folder, monkeypatch)["points"]))


@pytest.mark.parametrize("n_picked", [40, 3_000])
@pytest.mark.parametrize("stage", STAGES)
def test_the_code_of_picked_rows_gives_their_points(n_picked, stage, folder, monkeypatch):
    ids = np.sort(np.random.default_rng(5).choice(50_257, n_picked, replace=False))
    if n_picked == 3_000:
        ids = np.arange(1_000, 4_000)  # what fits a link
    at = linked(rows="picked", picked=pack_ids(ids, 50_257), stage=stage)
    at.session_state["map_table"] = True
    at.run()
    for dialect in DIALECTS:
        names = run(codes(at)[dialect], folder, monkeypatch)
        assert names["token_ids"].tolist() == ids.tolist()
        check_map(at, np.asarray(names["points"]))


@pytest.mark.parametrize(
    "state",
    [{"method": "own axes"}, {"stage": STAGES[1]}],
    ids=["toy's axes", "toy's sums"],
)
def test_the_map_of_the_toy(state, folder, monkeypatch):
    at = visit_map(model="toy", map_table=True, **state)
    for dialect in DIALECTS:
        check_map(at, np.asarray(run(codes(at)[dialect], folder, monkeypatch)["points"]))


def test_the_second_map_has_code_of_its_own(folder, monkeypatch):
    at = visit_map(
        map_table=True, map2_table=True, compare=True, method2="own axes", model2="pydoc-gpt", stage2=STAGES[1]
    )
    assert not at.exception
    for place in range(4):
        check_map(at, np.asarray(run(codes(at)[place], folder, monkeypatch)["points"]), chart=place // 2)


def test_a_second_map_of_another_vocabulary(folder, monkeypatch):
    at = visit_map(model="toy", map_table=True, map2_table=True, compare=True, model2="pydoc-gpt")
    for place in range(4):
        check_map(at, np.asarray(run(codes(at)[place], folder, monkeypatch)["points"]), chart=place // 2)


@pytest.mark.parametrize("state", [{"method": "t-SNE"}, {"method": "UMAP"}, {"method": "t-SNE", "dimensions": "3-D"}])
def test_a_finished_layout_is_read_from_its_file(state, folder, monkeypatch):
    at = visit_map(map_table=True, **state)
    by_torch, by_runtime, by_file = codes(at)
    check_map(at, run(by_file, folder, monkeypatch)["points"])
    method = {"t-SNE": "tsne", "UMAP": "umap"}[state["method"]]
    for code in (by_torch, by_runtime):
        assert f'method="{method}"' in code
        assert "seed=0" in code
    assert "same versions" in words(at)
    assert by_file.count(map_path(catalog.find("pydoc-gpt"), method, 3 if "dimensions" in state else 2).name) == 1


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.long)])
@pytest.mark.parametrize("stage", STAGES)
def test_the_code_of_a_layout_makes_the_same_layout(method, stage, pydoc, folder, monkeypatch):
    ids = np.arange(300, 340)
    space = Space(pydoc, stage, ids)
    request = MapRequest(space, Recipe(method, 2, seed=7))
    expected = lay_out(space.vectors, method=method, n_components=2, seed=7).coordinates
    for write in (map_snippets.in_torch, map_snippets.in_runtime):
        points = run(write(request, []), folder, monkeypatch)["points"]
        np.testing.assert_allclose(points, expected, rtol=0, atol=1e-3 * np.ptp(expected))


# The rows and their sums, of models of every shape


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def norm():
    layer = torch.nn.LayerNorm(8, eps=1e-3)
    with torch.no_grad():
        layer.weight.copy_(draw(8, seed=3) + 1)
        layer.bias.copy_(draw(8, seed=4))
    return layer


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    """Put a few models into the catalog, and return the folder that holds them."""
    folder = tmp_path / "own models"
    folder.mkdir()
    monkeypatch.setattr(catalog, "MODELS_FOLDER", folder)
    shutil.copy(ROOT / "models" / "toy.onnx", folder)
    return folder


SHAPES = {
    "as in BERT": lambda: {"position": Learned(draw(9, 8, seed=1)), "token_type": draw(8, seed=2), "layer_norm": norm()},
    "half": lambda: {"position": Learned(draw(9, 8, seed=1).half())},
    "scaled": lambda: {"position": NoPosition(), "scale": 8**0.5},
    "scaled waves": lambda: {"position": Sinusoidal(9, 8, base=30.0), "scale": 3.0},
    "a type alone": lambda: {"position": NoPosition(), "token_type": draw(8, seed=2)},
    "a norm alone": lambda: {"position": NoPosition(), "layer_norm": norm()},
    "nothing": lambda: {"position": NoPosition()},
}  # fmt: skip


def own(folder, shape, name="own"):
    table = draw(6, 8).half() if shape == "half" else draw(6, 8)
    layer = InputLayer(table, context_length=9, **SHAPES[shape]())
    path = folder / f"{name}.onnx"
    write_model(layer, path, name="own", tokenizer="toy", source="a test", provenance={})
    return embedcore.open_model(path, provider="cpu")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_layers_code_gives_what_the_file_gives(shape, own_models, monkeypatch):
    model = own(own_models, shape, name='own "näme" \'s')
    ids = model.tokenizer.encode("fox jumps over dog").token_ids
    expected = model.run(ids)
    for page in ("overview.py", "lookup.py") if shape == "half" else ("overview.py",):
        at = visit(page, model=model.file.path.stem, text="fox jumps over dog")
        assert not at.exception
        for dialect in DIALECTS:
            names = run(codes(at)[dialect], own_models, monkeypatch)
            vectors = names["token_embeddings" if page == "lookup.py" else "input_embeddings"].__array__()
            wanted = expected.token_embeddings if page == "lookup.py" else expected.input_embeddings
            np.testing.assert_allclose(np.asarray(vectors), wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_map_of_such_a_models_sums(shape, own_models, monkeypatch):
    model = own(own_models, shape)
    at = visit_map(model=model.file.path.stem, stage=STAGES[1], text="fox jumps over dog", map_table=True)
    for dialect in DIALECTS:
        check_map(at, np.asarray(run(codes(at)[dialect], own_models, monkeypatch)["points"]))


# Neighbors


@pytest.mark.parametrize(
    ("metric", "state"),
    [
        ("euclidean", {"ask": "a token", "id": 262, "trained_only": True}),
        ("cosine", {"ask": "this text", "near_kind": "input vector", "token": 3}),
        ("dot", {"ask": "this text", "near_kind": "token vector", "trained_only": True}),
        ("cosine", {"ask": "an expression", "expression": "0.25*list - 3*#32 + tuple + tuple"}),
        ("dot", {"ask": "an expression", "expression": "-list - 3*#32"}),
        ("euclidean", {"ask": "an expression", "expression": "0.25*list", "trained_only": True}),
    ],
)
def test_the_neighbors_code_gives_their_list(metric, state, folder, monkeypatch):
    at = ask(state["ask"], metric=metric, k=30, **{key: value for key, value in state.items() if key != "ask"})
    assert not at.exception
    listed = answered(at)
    for dialect in DIALECTS:
        names = run(codes(at)[dialect], folder, monkeypatch)
        assert names["token_ids"].tolist() == listed["id"].tolist()
        np.testing.assert_allclose(np.asarray(names["scores"]), listed[metric], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_zero_rows_and_equal_rows_stand_where_the_page_has_them(metric, own_models, monkeypatch):
    rows = draw(6, 8)
    rows[2] = 0
    rows[5] = rows[4]
    layer = InputLayer(rows, NoPosition(), context_length=9)
    write_model(layer, own_models / "odd.onnx", name="odd", tokenizer="toy", source="a test", provenance={})
    at = visit("neighbors.py", model="odd", ask="a token", id=1, metric=metric, k=5, neighbors_table=True, text="fox")
    assert not at.exception
    for dialect in DIALECTS:
        names = run(codes(at)[dialect], own_models, monkeypatch)
        assert names["token_ids"].tolist() == answered(at)["id"].tolist()
        np.testing.assert_allclose(np.asarray(names["scores"]), answered(at)[metric], rtol=1e-6, atol=1e-6)


# Audit, and the output table beside a model


@pytest.fixture
def untied(own_models, pydoc):
    """Return a model of gpt2's tokens whose output table is another than its input table."""
    rng = np.random.default_rng(8)
    rows = torch.from_numpy(rng.standard_normal((50_257, 4), np.float32))
    rows[200] = 0
    write_model(
        InputLayer(rows, NoPosition(), context_length=64),
        own_models / "untied.onnx", name="untied", tokenizer="gpt2", source="a test", provenance={},
    )  # fmt: skip
    output = (3.0 * rng.standard_normal((50_257, 4)) + [9.0, 0.0, 0.0, 0.0]).astype(np.float16)
    np.save(own_models / "untied.output.npy", output)
    return SimpleNamespace(model=embedcore.open_model(own_models / "untied.onnx"), output=output.astype(np.float32))


@pytest.mark.parametrize("table", ["input", "output"])
@pytest.mark.parametrize("indicator", ["norm", "cosine"])
def test_the_audits_code_gives_its_numbers_for_either_table(table, indicator, untied, own_models, monkeypatch):
    at = visit("audit.py", model="untied", table=table, indicator=indicator)
    assert not at.exception
    measured = untied.model.table if table == "input" else untied.output
    expected = audit(measured, unused=known_unused(untied.model.tokenizer))
    listed = at.dataframe[0].value
    values = next(each for each in expected.indicators if each.name == indicator).values
    np.testing.assert_allclose(listed[indicator], values[listed["id"]], rtol=1e-9)
    assert (
        listed["id"].tolist()
        == np.argsort(values if indicator == "norm" else -values, kind="stable")[: len(listed)].tolist()
    )
    for dialect in DIALECTS:
        names = run(codes(at)[dialect], own_models, monkeypatch)
        for each in expected.indicators:
            computed = np.asarray(names[each.name.replace(" ", "_")])
            np.testing.assert_allclose(computed, each.values, rtol=0, atol=1e-7)
    assert "put it beside the model" not in words(at)


def test_the_neighbors_page_compares_both_tables(untied):
    at = visit(
        "neighbors.py", model="untied", ask="a token", id=300, k=40, output_neighbors_table=True, metric="euclidean"
    )
    assert not at.exception
    near = []
    for table in (untied.model.table, untied.output):
        apart = np.linalg.norm(table.astype(float) - table[300].astype(float), axis=1)
        apart[300] = np.inf
        near.append(np.argsort(apart, kind="stable")[:40].tolist())
    one, two = untied.model.table[300].astype(float), untied.output[300].astype(float)
    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    n_shared = len(set(near[0]) & set(near[1]))
    assert f"{n_shared} of 40 neighbors are the same in both tables" in words(at)
    assert f"{cosine:.4f}" in words(at)
    listed = [frame.value["id"].tolist() for frame in at.dataframe if "rank" in frame.value.columns]
    assert near[1] in listed


# Tokens


@pytest.mark.parametrize(
    "text",
    [
        "Hello, \"world\" '''\\ \n\r\n\t 🙂 \u2028\u200b </script> naïve",
        "x" * 2_001,
        "y" * 300,
        "“Lines”\r\nand\rmore\n🙂 " * 200,
        "\ufeffa",
    ],
)
def test_the_tokens_code_gives_the_pages_ids(text, folder, monkeypatch):
    embedcore.get_tokenizer("gpt2").encode("")  # puts the vocabulary where tiktoken finds it
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(cache_folder() / "tiktoken"))
    at = visit("tokens.py", text=text)
    (code,) = codes(at)
    offered = at.get("download_button")
    assert (len(text) > snippets.LONGEST) == bool([each for each in offered if "text.txt" in each.label])
    (folder / snippets.TEXT_FILE).write_bytes(text.encode())
    assert (
        run(code, folder, monkeypatch)["token_ids"] == embedcore.get_tokenizer("gpt2").encode(text).token_ids.tolist()
    )


@pytest.mark.parametrize("n", [3, 2_001])
def test_given_ids_decode_to_the_pages_bytes(n, folder, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(cache_folder() / "tiktoken"))
    ids = [447, 251, 50256, 13] * n
    at = visit("tokens.py", write="token ids", ids=" ".join(map(str, ids)))
    (folder / snippets.IDS_FILE).write_text(" ".join(map(str, ids)))
    assert run(codes(at)[0], folder, monkeypatch)["token_bytes"] == embedcore.get_tokenizer("gpt2").decode_bytes(ids)
