"""Every page that shows code shows the file that the code opens: what it takes and gives, and where it can be had."""

import hashlib
import re

import onnx
import pytest

import embedcore
from embedcore.contract import OPSET
from embedcore.engine.generic_graphs import GRAPHS
from tests.pages.apptest import PAGES, TEXT, visit, words
from tests.small_models import write_small_model


def links(at):
    """Return address → file name of every file that the page links."""
    shown = "".join(part.proto.body for part in at.get("html"))
    return dict(re.findall(r'<a class="download" href="([^"]+)" download="([^"]+)"', shown))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_code_shows_the_file_behind_it(page, pydoc):
    at = visit(page, text=TEXT, view="Formula and code")
    assert not at.exception
    assert len(at.code) > 0
    assert links(at)["/api/models/pydoc-gpt.onnx"] == "pydoc-gpt.onnx"
    assert links(at)["/api/tables/pydoc-gpt.vectors.tsv"] == "pydoc-gpt.vectors.tsv"
    said = words(at)
    content = pydoc.file.path.read_bytes()
    proto = onnx.load_model_from_string(content)
    assert hashlib.sha256(content).hexdigest() in said
    assert f"Opset {OPSET}, IR version {proto.ir_version}." in said
    assert "tokenizer `gpt2`" in said
    assert "| input | `token_ids` | int64 | `[batch, sequence]` |" in said
    assert "| output | `position_embeddings` | float32 | `[sequence, 64]` |" in said
    assert [f"`{prop.key}`" in said for prop in proto.metadata_props] == [True] * len(proto.metadata_props)
    for code in at.code:
        for name in re.findall(r'"([^"]+\.onnx)"', code.value):
            assert f"# {name}: /api/" in code.value


def test_the_generic_graphs_are_linked_where_their_code_is():
    at = visit("positions.py", text=TEXT, view="Formula and code", schemes=["rope", "alibi"])
    opened = {name for code in at.code for name in re.findall(r'"graph_(\w+)\.onnx"', code.value)}
    assert {"rope", "alibi", "rope_none"} <= opened
    assert {path.removeprefix("/api/graphs/") for path in links(at) if "graphs" in path} == {
        f"graph_{name}.onnx" for name in opened
    }
    said = words(at)
    for value in onnx.load(GRAPHS / "rope.onnx").graph.input:
        assert f"| input | `{value.name}` |" in said


def test_a_model_that_is_not_of_the_catalog_has_no_link(tmp_path, monkeypatch, toy):
    from pages.shared import downloads

    assert downloads.model_path(toy) == "/api/models/toy.onnx"
    assert downloads.table_path(toy, "npy") == "/api/tables/toy.npy"
    write_small_model(tmp_path / "toy.onnx")
    own = embedcore.open_model(tmp_path / "toy.onnx", provider="cpu")  # a file of another folder, by the same name
    assert (downloads.model_path(own), downloads.table_path(own, "npy")) == (None, None)
    (tmp_path / "toy.onnx").unlink()
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    assert (downloads.model_path(toy), downloads.table_path(toy, "npy")) == (None, None)
    assert downloads.with_addresses(toy, 'load("toy.onnx")') == 'load("toy.onnx")'
