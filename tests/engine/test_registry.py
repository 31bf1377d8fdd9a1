"""Engines are found by what their files declare, and what one of them opens is held to the contract before it is handed out."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import embedcore
from embedcore.engine import registry
from embedcore.engine.declaration import Declaration, Opened
from embedcore.engine.engine import Engine
from embedcore.engine.registry import declared_in, is_address
from embedcore.errors import EmbedcoreError, ModelFileError
from tests.array_engine import ArrayEngine, array_model, arrays


@pytest.fixture
def opening(monkeypatch, toy):
    """Let "made-up://…" open two arrays; return the metadata, which a test may change, the engine, and the requests."""
    table, positions = arrays()
    metadata = array_model(ArrayEngine(table, positions), toy).metadata
    state = {"metadata": metadata, "engine": ArrayEngine(table, positions), "asked": []}

    def open_arrays(name, provider):
        state["asked"].append((name, provider))
        return Opened(state["metadata"], "b" * 64, state["engine"])

    monkeypatch.setattr(registry, "engines_here", lambda: {"made-up": Declaration("made-up", open_arrays)})
    return state


def test_an_address_is_a_prefix_and_what_stands_behind_it():
    for name in ("numpy://toy.npz", "https://host:80/a?b", "made-up://", "x+y.1://a\nb"):
        assert is_address(name), name
    for name in (
        "toy",
        "models/toy.onnx",
        "C://toy.onnx",
        "://toy",
        "1a://toy",
        "a b://toy",
        Path("numpy://toy"),
        None,
        3,
    ):
        assert not is_address(name), name


def test_the_engine_of_the_prefix_opens_what_stands_behind_it(opening):
    model = embedcore.open_model("made-up://host/toy?x=1", provider="cpu")
    assert opening["asked"] == [("host/toy?x=1", "cpu")]
    assert (model.engine, model.sha256, model.name) == (opening["engine"], "b" * 64, "two-arrays")
    assert model.reference == "made-up://host/toy?x=1"
    assert isinstance(model.engine, Engine)
    assert opening["engine"].n_runs == 2  # it was tried
    np.testing.assert_array_equal(model.run([3]).token_embeddings[0], arrays()[0][[3]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"position_scheme": "spiral"}, "positional scheme 'spiral' is unknown; known are"),
        ({"position_parameters": {"base": 3}}, r"made-up://x breaks the model contract: it carries 1 parameters, base"),
        ({"head_dim": 3}, r"made-up://x breaks the model contract: head_dim is 3 and d_model 8"),
        (
            {"d_model": 9},
            r"two-arrays\.onnx says it has 50,257 rows and 16 positions, but a run of id 50256 and 16 tokens ",
        ),
        ({"n_vocab": 60_000}, r"two-arrays\.onnx says it has 60,000 rows .* a run of id 59999 and 16 tokens fails"),
        ({"context_length": 32}, r"two-arrays\.onnx says .* 32 positions, but a run of id 50256 and 32 tokens fails"),
    ],
)
def test_a_model_that_does_not_give_what_it_says_is_refused_and_let_go(opening, changes, words):
    opening["metadata"] = replace(opening["metadata"], **changes)
    with pytest.raises(ModelFileError, match=words):
        embedcore.open_model("made-up://x")
    assert opening["engine"].n_runs == -1  # closed


def test_an_address_that_no_engine_opens_names_those_that_some_do(opening, monkeypatch):
    with pytest.raises(
        ModelFileError, match=r"no engine here opens 'grpc://x'; .* begin with made-up://: give the path"
    ):
        embedcore.open_model("grpc://x")
    monkeypatch.setattr(registry, "engines_here", dict)
    with pytest.raises(ModelFileError, match=r"no engine here opens 'made-up://x'; .* begin with none: give the path"):
        embedcore.open_model("made-up://x")


def test_engines_are_found_by_what_their_files_list_and_two_have_no_prefix_in_common(tmp_path, monkeypatch):
    package = tmp_path / "made_up_engines"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "sessions.py").write_text("")
    declared = "from embedcore.engine.declaration import Declaration\nDECLARED = ({},)\n"
    (package / "one.py").write_text(declared.format("Declaration('one', print), Declaration('two', print)"))
    (package / "registry.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(declared_in(package, "made_up_engines")) == ["one", "two"]
    (package / "other.py").write_text(declared.format("Declaration('two', print)"))
    with pytest.raises(EmbedcoreError, match="2 engines open addresses with 1 prefix, two://: give each a prefix"):
        declared_in(package, "made_up_engines")
    for name in [name for name in sys.modules if name.startswith("made_up_engines")]:
        del sys.modules[name]
