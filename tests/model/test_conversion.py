"""A conversion: the real command in its own process, watched, ended, and what it says where it cannot be done."""

import re
import time

import numpy as np
import pytest

import embedcore
from embedcore.errors import EmbedcoreError
from embedcore.model import conversion
from embedcore.model.conversion import Conversion
from tests.families.committed import case

TABLE = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)


def ended(one):
    shares = [one.progress.share]
    while one.progress.is_running:
        time.sleep(0.02)
        shares.append(one.progress.share)
    assert shares == sorted(shares)
    return one.progress


def test_a_table_becomes_a_model_with_the_tokenizer_that_was_named(tmp_path):
    np.save(tmp_path / "-table.npy", TABLE)  # a name that looks like an option is none
    done = ended(Conversion(tmp_path / "-table.npy", tmp_path / "out.onnx", name="mine", tokenizer="toy"))
    assert (done.is_done, done.share, done.failure) == (True, 1.0, "")
    model = embedcore.open_model(tmp_path / "out.onnx", provider="cpu")
    assert (model.name, model.tokenizer.name) == ("mine", "toy")
    np.testing.assert_array_equal(model.table, TABLE)


def test_a_folder_of_an_unknown_family_says_which_tensors_there_are_and_takes_the_name_of_one(tmp_path):
    folder = case("gpt2").write(tmp_path)
    (folder / "config.json").write_text('{"model_type": "no-such-family"}')
    failed = ended(Conversion(folder, tmp_path / "out.onnx", name="mine"))
    assert not failed.is_done
    assert failed.failure == "the family 'no-such-family' is unknown here, and 10 tensors could be its table"
    assert failed.candidates[0] == "transformer.wte.weight", "that with most rows"
    assert "transformer.wpe.weight" in failed.candidates
    assert not (tmp_path / "out.onnx").exists()
    named = ended(Conversion(folder, tmp_path / "out.onnx", name="mine", token_table="transformer.wte.weight"))
    assert named.is_done, named.failure


def test_a_cancelled_one_leaves_nothing_and_stays_cancelled(tmp_path):
    np.save(tmp_path / "table.npy", np.zeros((60_000, 64), np.float32) + 0.5)
    before = sorted(tmp_path.iterdir())
    running = Conversion(tmp_path / "table.npy", tmp_path / "out.onnx", name="mine")
    while running.progress.is_running and not running.progress.share:
        time.sleep(0.01)
    running.cancel()
    assert running.progress.is_cancelled
    assert sorted(tmp_path.iterdir()) == before
    running.cancel()
    assert running.progress.is_cancelled


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (1, "noise\npython -m export checkpoint: a.bin: it holds code: fetch it again\n", "a.bin: it holds code"),
        (-9, "", "signal 9: is there enough memory"),
    ],
)
def test_a_failure_is_said_in_words(status, said, words):
    assert words in conversion._failure(status, said)


def test_a_bug_is_logged_with_its_place_and_no_value(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(conversion, "_COMMAND", ("-c", "def inner():\n int('my text')\ninner()"))
    failed = ended(Conversion(tmp_path / "a.npy", tmp_path / "out.onnx", name="mine"))
    incident = re.search(r"status 1, which is a fault of embedcore: report incident (\w{8}) ", failed.failure)
    assert caplog.messages == [f"incident {incident[1]}: ValueError in a conversion at inner:2 < <module>:3"]


def test_a_library_without_the_export_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_ROOT", tmp_path)
    with pytest.raises(EmbedcoreError, match="without its export"):
        Conversion(tmp_path / "a.npy", tmp_path / "out.onnx", name="mine")
