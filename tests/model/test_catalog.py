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


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ModelFileError, match="'gpt9'; there are pydoc-gpt, random-gpt2, toy"):
        catalog.find("gpt9")
