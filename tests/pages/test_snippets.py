"""The code that pages offer to copy is run here, and gives the numbers that the pages show."""

import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import embedcore
from embedcore.checks.sizes import WAVE_LAYOUTS
from embedcore.model.id_sets import unpack_ids
from embedcore.schemes import Heads, NoPosition
from embedcore.space.neighbors import NeighborIndex
from export.random import random_layer
from export.writer import write_model
from pages.shared import neighbor_snippets, snippets
from pages.shared.neighbor_snippets import FromRows, FromText, NeighborList
from pages.views.positions import scheme_snippets
from tests.pages.apptest import visit


def run(code, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    exec(code, names)
    return names


@pytest.fixture(params=["pydoc", "toy", "untrained"])
def model(request, tmp_path):
    model = request.getfixturevalue(request.param)
    shutil.copy(model.file.path, tmp_path / f"{model.name}.onnx")
    return model


def test_pytorch_and_onnx_runtime_give_what_the_page_shows(model, tmp_path, monkeypatch):
    ids = [[0, 3, 5, 3], [5, 1, 1, 2]]
    layer = model.run(ids)
    by_torch = run(snippets.sum_torch(model, ids), tmp_path, monkeypatch)
    by_runtime = run(snippets.runtime(model, ids), tmp_path, monkeypatch)
    for name in ("token_embeddings", "position_embeddings", "input_embeddings"):
        # random-gpt2 is drawn by torch there and by numpy here; files are read bit for bit.
        atol = 2e-6 if model.name == "random-gpt2" else 0
        np.testing.assert_allclose(by_torch[name].detach().numpy(), getattr(layer, name), rtol=0, atol=atol)
        np.testing.assert_array_equal(by_runtime[name], getattr(layer, name))


@pytest.mark.parametrize("is_written_out", [True, False], ids=["waves", "read from the file"])
@pytest.mark.parametrize("layout", WAVE_LAYOUTS)
def test_what_a_file_adds_to_its_rows_is_added_by_the_code(layout, is_written_out, tmp_path, monkeypatch):
    """A scheme whose vectors have no lines of their own here has them read from the file."""
    layer = random_layer(n_vocab=6, d_model=8, context_length=9, seed=1, positions="sinusoidal", wave_layout=layout)
    write_model(layer, tmp_path / "waves.onnx", name="waves", tokenizer="toy", source="a test", provenance={})
    model = embedcore.open_model(tmp_path / "waves.onnx", provider="cpu")
    if not is_written_out:
        monkeypatch.setattr(snippets, "WAVE_LAYOUT", None)
    ids = [[0, 3, 5, 3], [5, 1, 1, 2]]
    code = snippets.sum_torch(model, ids)
    assert ("angles" in code) == is_written_out
    by_torch = run(code, tmp_path, monkeypatch)
    for name in ("position_embeddings", "input_embeddings"):
        np.testing.assert_allclose(by_torch[name].detach().numpy(), getattr(model.run(ids), name), rtol=1e-6, atol=1e-6)
    table = run("\n".join(snippets.table_torch(model, is_sum=True)), tmp_path, monkeypatch)["table"]
    expected = model.run(np.arange(6)[:, None]).input_embeddings[:, 0]
    np.testing.assert_allclose(table.numpy(), expected, rtol=1e-6, atol=1e-6)


def test_the_batches_page_prints_the_chapters_code(tmp_path, monkeypatch, untrained):
    page: AppTest = visit("batches.py", model="random-gpt2", batches_of="a story")
    torch_code, runtime_code = (block.value for block in page.code)
    shutil.copy(untrained.file.path, tmp_path / "random-gpt2.onnx")
    by_torch = run(torch_code, tmp_path, monkeypatch)["input_embeddings"].detach().numpy()
    by_runtime = run(runtime_code, tmp_path, monkeypatch)["input_embeddings"]
    assert by_torch.shape == (8, 4, 256)
    np.testing.assert_allclose(by_runtime, by_torch, rtol=0, atol=2e-6)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize(
    "query", [FromRows([(1.0, 3)]), FromRows([(-1.0, 1), (0.5, 2)]), FromText([[0, 3, 5]], 1, is_sum=False), FromText([[0, 3, 5]], 2, is_sum=True)]
)  # fmt: skip
def test_the_neighbors_in_both_dialects(model, metric, query, tmp_path, monkeypatch):
    if isinstance(query, FromRows):
        own = [token_id for _, token_id in query.terms]
        vector = sum(weight * model.table[token_id].astype(np.float64) for weight, token_id in query.terms)
    else:
        own, layer = [3], model.run(query.batch)
        vector = (layer.input_embeddings if query.is_sum else layer.token_embeddings)[0, query.index]
    expected = NeighborIndex(model.table, metric=metric).search(vector, k=3, without=np.array(own))
    neighbors = NeighborList(model, query, 3, metric, own)
    for code in (neighbor_snippets.in_torch(neighbors), neighbor_snippets.in_runtime(neighbors)):
        names = run(code, tmp_path, monkeypatch)
        # random-gpt2 is drawn by torch there and by numpy here: its rows are 1e-6 apart, and they are long.
        atol = 1e-4 if model.name == "random-gpt2" else 1e-6
        np.testing.assert_allclose(np.asarray(names["scores"].tolist()), expected.scores[0], rtol=0, atol=atol)
        assert names["token_ids"].tolist() == expected.token_ids[0].tolist()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_neighbors_among_trained_rows_in_both_dialects(metric, pydoc, tmp_path, monkeypatch):
    shutil.copy(pydoc.file.path, tmp_path / "pydoc-gpt.onnx")
    trained = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50257)
    without = np.union1d(np.setdiff1d(np.arange(50257), trained), [32])
    expected = NeighborIndex(pydoc.table, metric=metric).search(pydoc.table[32], k=40, without=without)
    neighbors = NeighborList(pydoc, FromRows([(1.0, 32)]), 40, metric, [32], is_trained_only=True)
    for code in (neighbor_snippets.in_torch(neighbors), neighbor_snippets.in_runtime(neighbors)):
        assert run(code, tmp_path, monkeypatch)["token_ids"].tolist() == expected.token_ids[0].tolist()


def test_the_tokens_of_a_tokenizer_that_tiktoken_does_not_have(tmp_path, monkeypatch):
    toy = run(snippets.tiktoken("toy", "fox jumps"), tmp_path, monkeypatch)["token_ids"]
    assert toy.tolist() == [2, 3]


def test_code_for_another_runtime_says_what_a_raw_file_does_not_check(toy, pydoc):
    for model, words in (
        (toy, "# ids 0…5, at most 6 of them in a sequence"),
        (pydoc, "# ids 0…50256, at most 256 of them in a sequence"),
    ):
        scheme = NoPosition()
        for code in (
            snippets.runtime(model, [[0]]),
            "\n".join(snippets.table_runtime(model)),
            "\n".join(snippets.table_runtime(model, is_sum=True)),
            scheme_snippets.runtime(scheme, model, [0, 1], Heads(1)),
        ):
            assert f"{words}: the file checks neither" in code
