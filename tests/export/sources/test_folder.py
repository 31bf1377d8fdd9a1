"""Folders of checkpoints: which file is taken, shards by their index, and links and names that lead out of the folder."""

import json
import os

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from embedcore.errors import ModelFileError
from export.sources.open import open_source

TABLE = torch.arange(24, dtype=torch.float32).reshape(6, 4)
LAST = torch.arange(8, dtype=torch.float16)


def shard(folder, names=("model-1.safetensors", "model-2.safetensors"), weight_map=None):
    """Write a model in two files and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"wte": TABLE}, folder / "model-1.safetensors")
    save_file({"last": LAST}, folder / "model-2.safetensors")
    weight_map = {"wte": names[0], "last": names[1]} if weight_map is None else weight_map
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return folder


def read(path):
    return open_source(path).read("wte")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "gpt"
    folder.mkdir()
    save_file({"wte": TABLE}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "mamba2", "time_step_limit": [0.0, Infinity]}')
    (folder / "tokenizer.json").write_bytes(b"{}")
    (folder / "vocab.txt").write_text("a\nb\n")
    return folder


def test_a_folder_gives_its_tensors_its_config_and_the_small_files(folder):
    source = open_source(folder)
    np.testing.assert_array_equal(source.read("wte", slice(2, 4)), TABLE[2:4])
    assert source.label == "model.safetensors, safetensors"
    assert source.config == {"model_type": "mamba2", "time_step_limit": [0.0, float("inf")]}
    assert source.tokenizer_json == b"{}"
    assert source.beside("vocab.txt") == b"a\nb\n"
    assert source.beside("merges.txt") is None
    # A file alone has the same beside it.
    assert open_source(folder / "model.safetensors").config == source.config


def test_shards_are_read_by_their_index(tmp_path):
    folder = shard(tmp_path / "big")
    for path in (folder, folder / "model.safetensors.index.json"):
        source = open_source(path)
        assert source.label == "big, 2 files of tensors"
        assert set(source.tensors) == {"wte", "last"}
        np.testing.assert_array_equal(source.read("wte"), TABLE)
        np.testing.assert_array_equal(source.read("last"), LAST)
    np.testing.assert_array_equal(read(folder / "model-1.safetensors"), TABLE)


def test_one_file_goes_before_an_index_as_in_transformers(folder):
    shard(folder, weight_map={})
    np.testing.assert_array_equal(read(folder), TABLE)


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        ({"wte": "model-1.safetensors", "last": "model-3.safetensors"}, r"1 of its 2 files are not in the folder, 'model-3.safetensors' among them: fetch them too, or open the one file"),
        ({"wte": "../gpt/model.safetensors"}, r"no plain name in the same folder"),
        ({"wte": "/etc/hostname"}, r"no plain name in the same folder"),
        ({"wte": "C:\\model.safetensors"}, r"no plain name in the same folder"),
        ({"wte": "..\\model.safetensors"}, r"no plain name in the same folder"),
        ({"wte": ".."}, r"no plain name in the same folder"),
        ({"wte": ""}, r"no plain name in the same folder"),
        ({"wte": "a\0b"}, r"no plain name in the same folder"),
        ({"wte": "x" * 5_000}, r"1 of its 1 files are not in the folder, 'x{60}…' among"),
        ({"wte": "model.safetensors.index.json"}, r"its header"),
        ({"gone": "model-1.safetensors"}, r"tensor 'gone' is not in it, and model.safetensors.index.json says that it is"),
        ({"wte": 1}, r"it has no weight_map of tensors"),
        ([], r"it has no weight_map of tensors"),
        ({f"t{n}": f"{n}.safetensors" for n in range(2_001)}, r"names 2,001 files, and 2,000 are the most: save it in fewer"),
    ],
)  # fmt: skip
def test_an_index_that_lies_is_refused(tmp_path, weight_map, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        open_source(shard(tmp_path / "big", weight_map=weight_map))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("config", [b"", b"[]", b"{", b'{"a": 1, "a": 2}', b"\xff", b'{"a":' * 100 + b"1" + b"}" * 100])
def test_a_config_that_is_no_object_is_refused(folder, config):
    (folder / "config.json").write_bytes(config)
    with pytest.raises(ModelFileError, match=r"config.json: it is no JSON object \(.*\): .*fetch or save it again"):
        open_source(folder)


def test_a_config_of_a_million_values_is_refused_before_it_is_read(folder):
    (folder / "config.json").write_text('{"a": [' + "0," * 1_200_001 + "0]}")
    with pytest.raises(ModelFileError, match=r"config.json: its JSON has 1,200,003 values, and 1,200,000 are the most"):
        open_source(folder)


def test_a_name_that_is_no_text_is_shown_by_its_bytes(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.safetensors")
    save_file({"wte": TABLE}, tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").rename(path)
    assert open_source(path).label == "caf\\udce9.safetensors, safetensors"


def test_a_folder_without_a_model_says_what_it_holds(tmp_path):
    (tmp_path / "notes.md").touch()
    with pytest.raises(
        ModelFileError, match=r"holds notes.md, and none of model.safetensors, .*: give the path of the file"
    ):
        open_source(tmp_path)


def test_another_name_is_taken_where_it_is_the_only_one(tmp_path):
    save_file({"wte": TABLE}, tmp_path / "consolidated.safetensors")
    np.testing.assert_array_equal(read(tmp_path), TABLE)
    save_file({"wte": TABLE}, tmp_path / "other.safetensors")
    with pytest.raises(ModelFileError, match=r"give the path of the file"):
        open_source(tmp_path)


def cached(tmp_path, revision="abc"):
    """Write a model as a hub's cache has it: every file is a link to a blob."""
    cache = tmp_path / "models--owner--gpt"
    (cache / "blobs").mkdir(parents=True, exist_ok=True)
    (cache / "refs").mkdir(exist_ok=True)
    snapshot = cache / "snapshots" / revision
    snapshot.mkdir(parents=True)
    save_file({"wte": TABLE}, cache / "blobs" / "0123")
    (cache / "blobs" / "4567").write_text('{"model_type": "gpt2"}')
    (snapshot / "model.safetensors").symlink_to("../../blobs/0123")
    (snapshot / "config.json").symlink_to("../../blobs/4567")
    return cache


def test_a_hubs_cache_is_read_through_its_links(tmp_path):
    cache = cached(tmp_path)
    for path in (cache, cache / "snapshots", cache / "snapshots" / "abc"):
        source = open_source(path)
        np.testing.assert_array_equal(source.read("wte"), TABLE)
        assert source.config == {"model_type": "gpt2"}
    cached(tmp_path, "def")
    with pytest.raises(ModelFileError, match=r"snapshots are abc, def, and refs/main says none of them: give the path"):
        open_source(cache)
    (cache / "refs" / "main").write_text("def\n")
    np.testing.assert_array_equal(read(cache), TABLE)
    (cache / "refs" / "main").write_text("../../../gpt")
    with pytest.raises(ModelFileError, match=r"refs/main says none of them"):
        open_source(cache)


def test_a_link_within_the_folder_is_followed_and_one_to_another_place_is_not(tmp_path, folder):
    outside = tmp_path / "outside.safetensors"
    (folder / "model.safetensors").rename(outside)
    (folder / "model.safetensors").symlink_to(outside)
    with pytest.raises(ModelFileError, match=r"link to a file outside of the model's folder: copy the file itself"):
        open_source(folder)
    np.testing.assert_array_equal(read(outside), TABLE)  # the remedy
    np.testing.assert_array_equal(read(folder / "model.safetensors"), TABLE)  # the reader's own word
    (folder / "model.safetensors").unlink()
    outside.rename(folder / "weights")
    (folder / "model.safetensors").symlink_to("weights")
    np.testing.assert_array_equal(read(folder), TABLE)
    linked = tmp_path / "linked"
    linked.symlink_to(folder)
    np.testing.assert_array_equal(read(linked), TABLE)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("target", ["/etc/hostname", "../../secret", "config.json"])
def test_no_link_leads_out_of_a_folder_or_in_a_circle(tmp_path, folder, name, target):
    (tmp_path / "secret").write_text("{}")
    (folder / name).unlink()
    (folder / "other").symlink_to(target if target != "config.json" else name)
    (folder / name).symlink_to("other")
    with pytest.raises(ModelFileError, match=r"copy the file itself into the folder"):
        open_source(folder)


def test_a_cache_keeps_within_its_own_model(tmp_path):
    cache = cached(tmp_path)
    (tmp_path / "models--other").mkdir()
    (tmp_path / "models--other" / "secret").write_text("{}")
    link = cache / "snapshots" / "abc" / "tokenizer.json"
    link.symlink_to("../../../models--other/secret")
    with pytest.raises(ModelFileError, match=r"outside of the model's folder"):
        open_source(cache)


def test_what_is_no_plain_file_is_refused(tmp_path, folder):
    with pytest.raises(ModelFileError, match=r"there is no such file: check its path"):
        open_source(tmp_path / "none.safetensors")
    for name in ("x" * 5_000, "a\0b", "\ud800"):
        with pytest.raises(ModelFileError, match=r"cannot be read \(.*\): check its path"):
            open_source(tmp_path / name)
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    with pytest.raises(ModelFileError, match=r"device, pipe or folder: give the path of a plain file"):
        open_source(folder)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    with pytest.raises(ModelFileError, match=r"device, pipe or folder"):
        open_source(folder)


def test_a_large_small_file_is_refused(folder):
    os.truncate(folder / "vocab.txt", 128_000_001)
    with pytest.raises(ModelFileError, match=r"more than 128,000,000 bytes"):
        open_source(folder).beside("vocab.txt")
    with pytest.raises(ModelFileError, match=r"no plain name"):
        open_source(folder).beside("../vocab.txt")
