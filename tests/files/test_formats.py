"""Numbers as text, and archives: every float32 reads back as the same bits, and the same content gives the same bytes."""

import io
import zipfile

import numpy as np
import pytest

from embedcore.files import decimals
from embedcore.files.archives import npz, zipped
from embedcore.files.decimals import number_lines
from embedcore.files.projector import metadata_tsv, vectors_tsv

RANDOM = np.frombuffer(np.random.default_rng(0).bytes(400_000), np.float32)
FINITE = np.concatenate([np.float32([0.1, 1 / 3, -0.0, 1e-45, 3.4028235e38, 1e16, 1e-7]), RANDOM[np.isfinite(RANDOM)]])


@pytest.mark.parametrize("writer", ["orjson", None])
def test_every_number_reads_back_as_its_bits_in_no_more_digits_than_it_needs(writer, monkeypatch):
    if writer is None:
        monkeypatch.setattr(decimals, "orjson", None)
    rows = FINITE[: len(FINITE) // 7 * 7].reshape(-1, 7)
    lines = number_lines(rows, b"\t")
    written = [line.decode().split("\t") for line in lines]
    read = np.array([[np.float32(number) for number in row] for row in written])
    np.testing.assert_array_equal(read.view(np.uint32), rows.view(np.uint32))
    digits = [number.lstrip("-").partition("e")[0].replace(".", "").strip("0") for row in written for number in row]
    shortest = [np.format_float_scientific(value, unique=True, trim="-") for value in rows.ravel()]
    least = [number.lstrip("-").partition("e")[0].replace(".", "").strip("0") for number in shortest]
    assert [len(number) for number in digits] == [len(number) for number in least]


def test_what_is_no_number_is_written_too():
    assert number_lines(np.float32([[np.nan, -np.inf, 2]]), b",") == [b"nan,-inf,2.0"]
    assert number_lines(np.zeros((0, 3), np.float32), b",") == []


def test_parts_of_a_column_of_numbers_become_one_file():
    rows = np.arange(12, dtype=np.float32).reshape(6, 2)[:, ::-1]  # not as it lies in memory
    assert b"".join(vectors_tsv([rows[:4], rows[4:]])).splitlines()[4:] == [b"9.0\t8.0", b"11.0\t10.0"]
    ids = range(10_000)
    lines = b"".join(metadata_tsv({"token": [f"␣{number}" for number in ids], "id": ids})).decode().split("\n")
    assert lines[0] == "token\tid"
    assert lines[1:-1] == [f"␣{number}\t{number}" for number in ids]


def test_archives_hold_what_they_were_given_and_no_time():
    arrays = {"one": RANDOM, "words": np.array(["␣list", "⏎"])}
    content = npz(arrays)
    assert content == npz(arrays)
    with np.load(io.BytesIO(content), allow_pickle=False) as read:
        np.testing.assert_array_equal(read["one"].view(np.uint32), RANDOM.view(np.uint32))
        assert list(read["words"]) == ["␣list", "⏎"]
    packed = zipped({"a.tsv": b"1\t2\n", "b.tsv": b""})
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("a.tsv") == b"1\t2\n"
