"""Model files that mean harm or were harmed: each is a ModelFileError with a remedy, before it costs anything."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import embedcore
from embedcore import contract
from embedcore.errors import ModelFileError, SequenceTooLong
from embedcore.files.metadata_text import LARGEST_SIZE
from embedcore.model.file import load_model_file, read_model_file
from embedcore.model.id_sets import pack_ids, unpack_ids
from tests.hostile.changes import CHANGES
from tests.hostile.fields import claim_places, endless_positions
from tests.hostile.toy import TOY, hostile


@pytest.fixture
def no_session(monkeypatch):
    """Fail where ONNX Runtime is given the file, which must be refused before that."""

    def made(*_, **__):
        pytest.fail("a session was made of it")

    monkeypatch.setattr("onnxruntime.InferenceSession", made)


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_hostile_file_is_refused_before_a_session_is_made(tmp_path, change):
    path = hostile(tmp_path / "hostile.onnx", change)
    start = time.process_time()
    with pytest.raises(ModelFileError, match=r"(?s)hostile\.onnx.* (again|make one with)") as caught:
        embedcore.open_model(path, provider="cpu")
    assert time.process_time() - start < 10  # a bound on work: most take milliseconds
    assert len(str(caught.value)) < 3_000
    str(caught.value).encode()


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize(
    "old", [b"embedcore.name", b"arange", b"Range", b"token_ids", b"learned", b"sequence", b"pytorch"]
)
def test_bytes_that_are_no_text_are_refused(tmp_path, old):
    content = TOY.read_bytes()
    assert old in content
    path = tmp_path / "bytes.onnx"
    path.write_bytes(content.replace(old, old[:-1] + b"\xff"))
    with pytest.raises(ModelFileError, match="no UTF-8 text"):
        embedcore.open_model(path, provider="cpu")


@pytest.mark.usefixtures("no_session")
def test_fields_that_onnx_does_not_know_are_refused(tmp_path):
    path = tmp_path / "unknown.onnx"
    path.write_bytes(TOY.read_bytes() + b"\xf8\x07\x01")
    with pytest.raises(ModelFileError, match=r"3 bytes of fields that ONNX .* does not know"):
        embedcore.open_model(path, provider="cpu")


def bombs():
    """Return files of millions of small parts, from each of which protobuf would make an object of a hundred bytes."""
    return {
        "operators": _field(7, b"\x0a\x00" * 3_000_000),
        "metadata": b"\x72\x00" * 3_000_000,
        "axes": _field(7, _field(5, b"\x08\x01" * 3_000_000)),
        "text": _field(7, _field(2, b"x" * 10_000_000)),
        "nested": _nested(100_000),
    }


def _field(number, content):
    size, tag = len(content), bytes([number << 3 | 2])
    length = bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return tag + bytes([*length, size]) + content


def _nested(depth):
    content = b""
    for _ in range(min(depth, 2_000)):
        content = _field(7, _field(1, _field(5, _field(6, content))))  # an attribute's graph's node's attribute's graph
    return content


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("content", bombs().values(), ids=bombs())
def test_a_bomb_of_small_parts_is_refused_before_it_is_unpacked(tmp_path, content):
    path = tmp_path / "bomb.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"bomb\.onnx"):
        embedcore.open_model(path, provider="cpu")


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to(path.parent / "nothing")


def circle(path):
    path.symlink_to(path)


def locked(path):
    path.write_bytes(b"")
    path.chmod(0)


@pytest.mark.parametrize("make", [pipe, device, Path.mkdir, dangling, circle, locked])
def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path, make):
    path = tmp_path / "odd.onnx"
    make(path)
    with pytest.raises(ModelFileError, match=r"odd\.onnx"):
        embedcore.open_model(path, provider="cpu")


@pytest.mark.parametrize(
    "name", ["x\0.onnx", "\ud800.onnx", "x" * 300 + ".onnx", "/" * 5000 + "x.onnx", "models/\n.onnx"]
)
def test_a_path_that_cannot_be_is_refused(name):
    with pytest.raises(ModelFileError):
        embedcore.open_model(name, provider="cpu")


def test_a_file_larger_than_any_model_is_not_read(tmp_path):
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(contract.LARGEST_FILE + 1)  # a hole, which takes no space on the disk
    with pytest.raises(ModelFileError, match=rf"more than {contract.LARGEST_FILE:,} bytes"):
        embedcore.open_model(path, provider="cpu")


def test_a_link_to_a_model_is_a_model(tmp_path):
    path = tmp_path / "link.onnx"
    path.symlink_to(TOY)
    assert embedcore.open_model(path, provider="cpu").run([1]).token_ids.tolist() == [[1]]


def test_the_session_is_made_of_the_bytes_that_were_checked(tmp_path, monkeypatch):
    """The file is overwritten right after the check, and the bytes that were checked are run."""
    path = tmp_path / "changing.onnx"
    shutil.copy(TOY, path)
    whole, original = path.read_bytes(), onnxruntime.InferenceSession
    given = []

    def spy(content, *rest, **named):
        given.append(content)
        return original(content, *rest, **named)

    monkeypatch.setattr("onnxruntime.InferenceSession", spy)
    monkeypatch.setattr("embedcore.model.open_file.load_model_file", _then_overwritten)
    model = embedcore.open_model(path, provider="cpu")
    assert given == [whole]
    assert model.run([0]).input_embeddings.shape == (1, 1, 3)
    with pytest.raises(ModelFileError, match="has changed since it was opened"):
        _ = model.position_table


def _then_overwritten(path):
    model_file = load_model_file(path)
    path.write_bytes(b"something else")
    return model_file


def test_a_run_that_fails_after_the_probe_is_a_model_file_error(tmp_path):
    model = embedcore.open_model(hostile(tmp_path / "places.onnx", claim_places), provider="cpu")
    assert model.run([1] * 4_500).position_embeddings.shape == (4_500, 3)
    for use in (lambda: model.run([1] * 4_501), lambda: model.positions):
        with pytest.raises(ModelFileError, match=r"(?s)places\.onnx fails at a run of 1 × .* tokens .*again"):
            use()


@pytest.mark.parametrize("shape", [(1, 2, 4), (2, 2, 3), (1, 2), (1, 2, 3, 1)])
def test_a_run_elsewhere_that_gives_another_shape_is_a_model_file_error(shape, monkeypatch):
    """This is a case of CUDA: on the CPU, ONNX Runtime itself checks the shapes of outputs."""
    model = embedcore.open_model("toy", provider="cpu")
    monkeypatch.setattr(
        model.engine, "_session", _Session(lambda names, feed: [np.zeros(shape, np.float32)] * len(names))
    )
    monkeypatch.setattr(model.engine, "provider_report", replace(model.provider_report, actual="cuda"))
    with pytest.raises(ModelFileError, match=r"gives token_embeddings .*not the \[1, 2, 3\] of its metadata"):
        model.run([1, 2])


class _Session:
    def __init__(self, run):
        self.run = run


def test_positions_past_what_a_run_takes_are_refused_before_memory_ends(tmp_path):
    """A scheme that computes its positions may declare any context length; no array of that length is made."""
    path = hostile(tmp_path / "long.onnx", endless_positions)
    model = embedcore.open_model(path, provider="cpu")
    assert model.metadata.context_length == LARGEST_SIZE
    assert model.longest < contract.LARGEST_RUN // 8
    with pytest.raises(SequenceTooLong, match=f"{model.longest:,} tokens or fewer"):
        _ = model.positions
    with pytest.raises(SequenceTooLong, match=r"2,147,483,648 tokens is longer than"):
        model.run(np.broadcast_to(np.int64(0), (1, LARGEST_SIZE + 1)))


@pytest.mark.parametrize(
    "text", [3, None, True, 1.5, [], {}, ["AA=="], b"AA==", "x", "=", "AA==", "\ud800", "é", "9" * 10_000]
)
def test_a_set_of_ids_that_is_none_is_a_model_file_error(text):
    with pytest.raises(ModelFileError, match=r"set of token ids .*export the model again"):
        unpack_ids(text, 6)


def test_a_set_of_ids_that_unpacks_to_more_is_told_without_unpacking_it():
    packed = pack_ids(np.array([1]), 200_000_000)
    with pytest.raises(ModelFileError, match=r"16 bits or more for 6 ids"):
        unpack_ids(packed, 6)
    assert unpack_ids(pack_ids(np.array([1, 5]), 6), 6).tolist() == [1, 5]
    with pytest.raises(ModelFileError, match="8 bits for 9 ids"):
        unpack_ids(pack_ids(np.array([1]), 8), 9)


def test_a_file_says_how_long_a_run_may_be():
    assert read_model_file(TOY).longest == 6
