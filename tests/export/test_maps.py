"""`python -m export maps`: the files beside a model, what they say of themselves, and what is said of them."""

import re

import numpy as np
import pytest
import torch

import embedcore
from embedcore.contract import TRAINED_TOKEN_IDS
from embedcore.maps.file import map_path, read_map, vectors_sha256
from embedcore.maps.methods import METHODS, layout_ids
from embedcore.model.id_sets import pack_ids
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from export.__main__ import main
from export.writer import write_model

N_VOCAB, D_MODEL = 260, 8


def write(path, table, provenance=None):
    positions = torch.randn(4, D_MODEL, generator=torch.Generator().manual_seed(1))
    layer = InputLayer(table, Learned(positions), context_length=4)
    write_model(layer, path, name=path.stem, tokenizer="gpt2", source="a test", provenance=provenance or {})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "m.onnx"
    centers = np.random.default_rng(0).normal(size=(10, D_MODEL)).repeat(26, axis=0)
    table = centers + 0.2 * np.random.default_rng(1).normal(size=(N_VOCAB, D_MODEL))
    write(path, torch.tensor(table, dtype=torch.float32))
    return path


def test_every_map_lies_beside_the_model_with_its_provenance(model, capsys):
    assert main(["maps", str(model), "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = embedcore.open_model(str(model), provider="cpu").table
    assert len(lines) == 4
    for line, (method, n_components) in zip(lines, [(m, d) for m in layout_ids() for d in (2, 3)], strict=True):
        path = map_path(model, method, n_components)
        assert path.parent == model.parent
        stored = read_map(path, vectors_sha256(table))
        assert stored.coordinates.shape == (N_VOCAB, n_components)
        expected = {
            "method": method,
            "n_components": n_components,
            "seed": 7,
            "library": METHODS[method].library_version,
            "vectors_sha256": vectors_sha256(table),
        }
        assert expected.items() <= stored.provenance.items()
        assert stored.provenance["parameters"]["n_neighbors"] == 15
        assert stored.fidelity.mean_trustworthiness > 0.9
        match = re.fullmatch(
            r"wrote (.+): ([\d,]+) bytes, trustworthiness ([\d.]+), ([\d.]+)% of 15 neighbors kept, (\d+) clusters, \d+ s",
            line,
        )
        assert match is not None, line
        assert match[1] == path.name
        assert int(match[2].replace(",", "")) == path.stat().st_size
        assert float(match[3]) == pytest.approx(stored.provenance["mean_trustworthiness"], abs=5.1e-5)
        assert float(match[4]) == pytest.approx(100 * stored.provenance["mean_overlap"], abs=0.051)
        assert int(match[5]) == stored.clusters.max() + 1 >= 5


@pytest.mark.parametrize("method", layout_ids())
def test_the_same_command_gives_the_same_bytes_in_any_folder(model, tmp_path, method, capsys):
    for folder in ("a", "b"):
        command = ["maps", str(model), "--method", method, "--dimensions", "2", "-o", str(tmp_path / folder)]
        assert main(command) == 0
    [a], [b] = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert a.name == b.name == f"m.{method}-2d.npz"
    assert a.read_bytes() == b.read_bytes()
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_map_of_the_trained_rows_alone_lies_beside_the_other(tmp_path, capsys):
    table = np.random.default_rng(2).normal(size=(N_VOCAB, D_MODEL)).astype(np.float32)
    trained = np.arange(0, N_VOCAB, 3)
    path = tmp_path / "m.onnx"
    write(path, torch.tensor(table), {TRAINED_TOKEN_IDS: pack_ids(trained, N_VOCAB)})
    assert main(["maps", str(path), "--method", "tsne", "--dimensions", "2", "--rows", "trained"]) == 0
    beside = map_path(path, "tsne", 2, "trained")
    assert beside.name == "m.trained.tsne-2d.npz"
    stored = read_map(beside, vectors_sha256(embedcore.open_model(str(path), provider="cpu").table[trained]))
    assert len(stored.coordinates) == len(trained)
    capsys.readouterr()


def test_a_model_that_does_not_say_what_was_trained_has_no_such_map(model, capsys):
    assert main(["maps", str(model), "--rows", "trained"]) == 1
    assert "m does not say which of its rows were trained: make a map of all rows" in capsys.readouterr().err


def test_progress_goes_to_standard_error(model, tmp_path, capsys):
    main(["maps", str(model), "--method", "tsne", "--dimensions", "2", "-o", str(tmp_path)])
    captured = capsys.readouterr()
    for doing in ("exact neighbors", "t-SNE", "fidelity", "clusters"):
        assert f"m.tsne-2d.npz: {doing}" in captured.err
    assert captured.out.startswith("wrote m.tsne-2d.npz")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (lambda: torch.randn(12, D_MODEL), "12 points are fewer than a layout by 15 neighbors needs: choose 17 or more"),
        (lambda: torch.ones(40, D_MODEL), "all 40 rows are equal"),
        (lambda: torch.full((40, D_MODEL), torch.nan), "40 of 40 rows of the vectors hold NaN"),
    ],
)  # fmt: skip
def test_a_table_that_has_no_map_is_named_and_nothing_is_written(tmp_path, table, words, capsys):
    path = tmp_path / "m.onnx"
    write(path, table())
    assert main(["maps", str(path), "--method", "tsne"]) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_too_small_for_maps_is_named(tmp_path, capsys):
    """The toy has six rows of three numbers."""
    assert main(["maps", "toy", "-o", str(tmp_path)]) == 1
    assert "6 points are fewer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["maps", str(tmp_path / "none.onnx")]) == 1
    assert "none.onnx" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--method", "pca"], ["--dimensions", "4"], ["--seed", "x"]])
def test_an_option_that_cannot_be_is_refused(option):
    with pytest.raises(SystemExit) as caught:
        main(["maps", "toy", *option])
    assert caught.value.code == 2
