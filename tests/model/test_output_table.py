"""The output table beside a model: what is written comes back, and nothing else is taken for one."""

import io
import os
import pickle

import numpy as np
import pytest

import embedcore
from embedcore.errors import ModelFileError
from embedcore.model.output_table import output_table_path, read_output_table
from tests.small_models import write_small_model

TABLE = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def with_header(header):
    """Return an array file whose header is the given text."""
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + TABLE.tobytes()


@pytest.fixture
def model_file(tmp_path):
    return tmp_path / "m.onnx"


def read(model_file, content):
    output_table_path(model_file).write_bytes(content)
    return read_output_table(model_file, 6, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_np_save_writes_comes_back(model_file, dtype, order):
    table = read(model_file, saved(np.asarray(TABLE, dtype, order=order)))
    assert table.dtype == np.float32
    assert table.flags.writeable
    np.testing.assert_array_equal(table, TABLE.astype(dtype).astype(np.float32))


def test_no_table_is_none(model_file):
    assert read_output_table(model_file, 6, 3) is None


def test_a_model_reads_the_table_beside_it(tmp_path):
    path = write_small_model(tmp_path / "untied.onnx")
    model = embedcore.open_model(path, provider="cpu")
    assert model.output_table is None
    rows = np.arange(model.table.size, dtype=np.float32).reshape(model.table.shape)
    np.save(output_table_path(path), rows)
    np.testing.assert_array_equal(model.output_table, rows)
    output_table_path(path).write_bytes(b"no longer")
    with pytest.raises(ModelFileError, match=r"untied\.output\.npy"):
        _ = model.output_table


class Trap:
    def __reduce__(self):
        return (eval, ("1/0",))


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3), }"
BAD = {
    "empty": b"",
    "text": b"not an array",
    "a pickle": pickle.dumps(Trap()),
    "pickles inside": saved(np.array([[Trap()] * 3] * 6, dtype=object), allow_pickle=True),
    "an archive": b"PK\x03\x04" + bytes(100),
    "whole numbers": saved(TABLE.astype(np.int32)),
    "float64": saved(TABLE.astype(np.float64)),
    "the other byte order": saved(TABLE.astype(">f4")),
    "complex": saved(TABLE.astype(np.complex64)),
    "words": saved(TABLE.astype("<U9")),
    "words a gigabyte long": with_header(HEADER.replace("<f4", "<U1000000000")),
    "records": saved(np.zeros(18, [("a", "<f4")])),
    "transposed": saved(TABLE.T),
    "a row short": saved(TABLE[:-1]),
    "flat": saved(TABLE.ravel()),
    "one number": saved(TABLE[0, 0]),
    "more axes": saved(TABLE[None]),
    "cut short": saved(TABLE)[:-1],
    "longer than its shape": saved(TABLE) + b"\0",
    "a huge shape": with_header(HEADER.replace("(6, 3)", "(1000000000000, 3)")),
    "a shape whose product wraps around": with_header(HEADER.replace("(6, 3)", f"({2**63}, 2)")),
    "a shape below zero": with_header(HEADER.replace("(6, 3)", "(-6, -3)")),
    "a shape of truths": with_header(HEADER.replace("(6, 3)", "(True, 18)")),
    "a shape of fractions": with_header(HEADER.replace("(6, 3)", "(6.0, 3)")),
    "no shape": with_header("{'descr': '<f4', 'fortran_order': False}"),
    "no dictionary": with_header("[1, 2]"),
    "a call": with_header(HEADER.replace("(6, 3)", "__import__('os').abort()")),
    "a deep header": with_header("(" * 9_000 + ")" * 9_000),
    "a header of nothing": with_header(""),
    "another version": saved(TABLE).replace(b"\x01\x00", b"\x09\x00", 1),
    "far too large": bytes(6 * 3 * 4 + 10_001),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_is_no_table_is_named_with_the_remedy(model_file, content):
    with pytest.raises(ModelFileError, match=r"m\.output\.npy") as caught:
        read(model_file, content)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_plain_file_is_refused_without_waiting(model_file, make):
    make(output_table_path(model_file))
    with pytest.raises(ModelFileError, match=r"m\.output\.npy' is no plain file|cannot be read"):
        read_output_table(model_file, 6, 3)
