"""What a reader sends becomes files of a private folder, whatever the names say, and every refusal names the remedy."""

import io

import numpy as np
import pytest
import streamlit as st

from embedcore.errors import ModelFileError
from embedcore.model import catalog
from embedcore.model.own_models import OwnModels
from pages.shared import own_models, services
from pages.views.overview import own_file
from tests.small_models import write_small_model


class Sent(io.BytesIO):
    def __init__(self, name, content=b"x"):
        super().__init__(content)
        self.name = name


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    models = OwnModels(tmp_path / "own")
    monkeypatch.setattr(services, "own_models", lambda: models)
    monkeypatch.setattr(st, "session_state", {})
    return models


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        (["a.npy"], "a.npy"),
        (["model.safetensors", "tokenizer.json"], "model.safetensors"),
        (["model.safetensors", "spiece.model"], "model.safetensors"),
        (["config.json", "model.safetensors", "tokenizer.model", "tokenizer_config.json"], ""),
        (["vectors.tsv", "metadata.tsv"], "vectors.tsv"),
        (["glove.txt"], "glove.txt"),
        (["config.json", "model.safetensors"], ""),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "config.json"], ""),
        (["..\\..\\up.npy"], "up.npy"),
        (["/etc/passwd.npy"], "passwd.npy"),
    ],
)
def test_the_file_of_the_weights_is_found_and_no_name_leaves_the_folder(tmp_path, names, weights):
    folder = tmp_path / "sent"
    assert own_file._stored([Sent(name) for name in names], folder) == (folder / weights if weights else folder)
    assert all(path.parent == folder for path in folder.iterdir())
    assert len(list(folder.iterdir())) == len(names)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.npy", "b.npy"], "2 of the 2 files hold weights, and 1 should"),
        (["tokenizer.json"], "0 of the 1 files hold weights"),
        ([".."], "cannot be a file's name"),
        (["a\0.npy"], "cannot be a file's name"),
        (["a" * 300 + ".npy"], "cannot be a file's name"),
    ],
)
def test_what_cannot_be_a_model_is_refused(tmp_path, names, words):
    with pytest.raises(ModelFileError, match=words):
        own_file._stored([Sent(name) for name in names], tmp_path / "sent")


def test_files_that_are_too_large_together_are_refused_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(own_file, "LARGEST_SUM", 1)
    with pytest.raises(ModelFileError, match="2 files hold 1,200,000 bytes, and 1 MB is the most"):
        own_file._stored([Sent("a.npy", b"x" * 600_000), Sent("config.json", b"x" * 600_000)], tmp_path / "sent")
    assert not (tmp_path / "sent").exists()


def test_a_model_is_called_after_its_weights_where_their_name_says_something(tmp_path):
    sent = tmp_path / own_file._SENT
    sent.mkdir()
    assert own_file._name_of(sent, [Sent("config.json"), Sent("my-llama.safetensors")]) == "my-llama"
    assert own_file._name_of(sent, [Sent("config.json"), Sent("model.safetensors")]) == "your-model"
    assert own_file._name_of(tmp_path / "words.vec", []) == "words"
    assert own_file._name_of(tmp_path, []) == tmp_path.name


def test_nothing_and_both_are_refused_with_both_numbers(own, monkeypatch):
    with pytest.raises(ModelFileError, match="send at least 1, or write a path"):
        own_file._start(own_file._Wanted((), "", "", ""))
    with pytest.raises(ModelFileError, match="2 files are sent and a path is written"):
        own_file._start(
            own_file._Wanted(
                (
                    Sent("a.npy"),
                    Sent("b.npy"),
                ),
                "/tmp",
                "",
                "",
            )
        )
    own_models.session().files = dict.fromkeys("abcd")
    with pytest.raises(ModelFileError, match="4 files of your own are open, and 4 is the most"):
        own_file._start(own_file._Wanted((Sent("a.npy"),), "", "", ""))


def test_a_name_is_never_one_of_the_catalog_nor_of_another_file(own):
    assert own_models.free_name("pydoc-gpt") == "pydoc-gpt-own"
    own_models.session().files["pydoc-gpt-own"] = None
    assert own_models.free_name("pydoc-gpt") == "pydoc-gpt-own-2"
    assert own_models.free_name('../<b>"$x$" ü') == "b-x"
    assert own_models.free_name("///") == "model"
    assert len(own_models.free_name("x" * 500)) == 40


def test_a_file_is_taken_when_it_is_sound_and_forgotten_with_its_bytes(own, tmp_path):
    good = own.folder / "mine.onnx"
    write_small_model(good, seed=1)
    own_models.take("mine", good)
    assert own_models.names() == ("mine",)
    assert services.own_file("mine") == good
    assert services.own_file("pydoc-gpt") is None
    st.session_state["model"] = "mine"
    assert services.is_own_open()
    own_models.owns_map(tmp_path / "map.npz")
    (tmp_path / "map.npz").write_bytes(b"x")
    own_models.forget("mine")
    assert not good.exists()
    assert st.session_state["model"] == catalog.entries()[0].name
    own.close()
    assert not own.folder.exists()
    assert not (tmp_path / "map.npz").exists()


def test_a_file_whose_tokenizer_lies_elsewhere_is_refused(own, tmp_path):
    """A name that is a path would have the server read what lies there."""
    file = own.folder / "mine.onnx"
    write_small_model(file, seed=1, tokenizer=str(tmp_path / "tokenizer.json"), n_vocab=6)
    with pytest.raises(ModelFileError, match=r"the files do not hold it: send its tokenizer\.json"):
        own_models.take("mine", file)
    assert own_models.names() == ()


def test_an_onnx_file_that_is_none_is_refused_and_not_kept(own):
    with pytest.raises(ModelFileError, match="no ONNX file"):
        own_file._start(own_file._Wanted((Sent("mine.onnx", np.arange(9).tobytes()),), "", "", ""))
    assert list(own.folder.iterdir()) == []
