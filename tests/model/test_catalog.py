import numpy as np
import pytest

import embedcore
from embedcore.errors import ModelFileError
from embedcore.model import catalog


def test_the_trained_model_comes_first_and_every_name_opens():
    names = [entry.name for entry in catalog.entries()]
    assert names[0] == "pydoc-gpt"
    assert {"toy", catalog.UNTRAINED} <= set(names)
    for name in names:
        assert embedcore.open_model(name, provider="cpu").name == name


def test_a_file_of_ones_own_is_listed_last(tmp_path, monkeypatch, toy):
    for name in ("toy", "mine"):
        (tmp_path / f"{name}.onnx").write_bytes(toy.file.path.read_bytes())
    monkeypatch.setattr(catalog, "MODELS_FOLDER", tmp_path)
    assert [entry.name for entry in catalog.entries()] == [catalog.UNTRAINED, "toy", "mine"]
    assert catalog.find("mine") == tmp_path / "mine.onnx"


def test_a_damaged_untrained_file_is_drawn_again(tmp_path, monkeypatch, untrained):
    monkeypatch.setattr(catalog, "cache_folder", lambda: tmp_path)
    path = catalog.find(catalog.UNTRAINED)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert catalog.find(catalog.UNTRAINED) == path
    assert path.read_bytes() == whole
    np.testing.assert_array_equal(embedcore.open_model(path).table, untrained.table)


def test_the_folder_is_the_one_that_the_variable_names(tmp_path, monkeypatch, toy):
    (tmp_path / "own.onnx").write_bytes(toy.file.path.read_bytes())
    monkeypatch.setenv(catalog.VARIABLE, str(tmp_path))
    assert catalog.models_folder() == tmp_path
    assert [entry.name for entry in catalog.entries()] == [catalog.UNTRAINED, "own"]
    assert embedcore.open_model("own", provider="cpu").sha256 == toy.sha256
    with pytest.raises(
        ModelFileError, match=f"'pydoc-gpt'; there are random-gpt2, own. .*looked for in {tmp_path}: set"
    ):
        embedcore.open_model("pydoc-gpt")
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setenv(catalog.VARIABLE, f" {tmp_path.name} ")
    assert catalog.models_folder() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.setenv(catalog.VARIABLE, f"~/{tmp_path.name}")
    assert catalog.models_folder() == tmp_path
    monkeypatch.setenv(catalog.VARIABLE, " ")
    assert catalog.models_folder() == catalog.MODELS_FOLDER


@pytest.mark.parametrize(("name", "words"), [("nowhere", "is not there"), ("file", "is a file")])
def test_a_variable_that_names_no_folder_is_refused_with_what_to_do(name, words, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(catalog.VARIABLE, str(tmp_path / name))
    for ask in (catalog.models_folder, catalog.entries, lambda: embedcore.open_model("toy")):
        with pytest.raises(ModelFileError, match=f"EMBEDCORE_MODELS is '.*{name}', and .* {words}: set it to a folder"):
            ask()
    assert (
        embedcore.open_model(catalog.MODELS_FOLDER / "toy.onnx", provider="cpu").name == "toy"
    )  # a path needs no folder


def test_where_no_folder_came_with_the_library_an_unknown_name_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "MODELS_FOLDER", tmp_path / "models")
    assert [entry.name for entry in catalog.entries()] == [catalog.UNTRAINED]
    words = (
        r"no model 'pydoc-gpt'; .*pydoc-gpt\.onnx was looked for in .*models, which is not there: set EMBEDCORE_MODELS"
    )
    with pytest.raises(ModelFileError, match=words):
        embedcore.open_model("pydoc-gpt")


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ModelFileError, match="'gpt9'; there are pydoc-gpt, smollm2-135m, minilm-l6, random-gpt2, toy"):
        catalog.find("gpt9")
