"""numpy's own files: the arrays that numpy reads, the words beside them, and a refusal of what numpy would unpickle."""

import io
import zipfile

import numpy as np
import pytest

from embedcore.errors import ModelFileError
from export.sources.open import open_source

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)


def saved(path, save=np.save, *arrays, **named):
    with path.open("wb") as file:
        save(file, *arrays, **named)
    return path


@pytest.fixture
def npy(tmp_path):
    return tmp_path / "table.npy"


@pytest.fixture
def npz(tmp_path):
    return tmp_path / "tables.npz"


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_read_as_numpy_reads_it(npy, dtype, order):
    table = np.asarray(TABLE > 3 if dtype == "?" else TABLE.astype(dtype), order=order)
    source = open_source(saved(npy, np.save, table))
    assert source.label == "table.npy, numpy"
    assert source.tensors["table"].shape == (4, 3)
    for rows in (slice(None), slice(1, 3), slice(3, None, -1)):
        got = source.read("table", rows)
        assert got.dtype == table.dtype
        np.testing.assert_array_equal(got, table[rows])
    assert dtype == "?" or not source.read("table").flags.owndata  # the file's own pages
    assert (source.words, source.config, source.tokenizer_json, source.beside("config.json")) == (None, {}, None, None)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_of_an_archive_are_read_by_their_names(npz, save):
    arrays = {"wte": TABLE, "wpe": np.asfortranarray(TABLE[:2]), "scale": np.float64(3), "mask": TABLE[0] > 1}
    source = open_source(saved(npz, save, **arrays))
    assert list(source.tensors) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(source.read(name), array)
    source.close()
    with pytest.raises(ModelFileError, match=r"was closed"):
        source.read("wte")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_array_alone_is_the_table_and_texts_beside_it_are_its_words(npz, save):
    words = np.array(["a", "naïve", "日本", "😀"])
    source = open_source(saved(npz, save, vectors=TABLE, words=words))
    assert list(source.tensors) == ["table"]
    np.testing.assert_array_equal(source.read("table"), TABLE)
    assert source.words == ["a", "naïve", "日本", "😀"]
    assert open_source(saved(npz, save, TABLE)).words is None
    assert open_source(saved(npz, save, vectors=TABLE, notes=np.array(["two", "notes"]))).words is None
    with pytest.raises(ModelFileError, match=r"text 3 has the word 'a', and text 1 has it too"):
        open_source(saved(npz, save, vectors=TABLE, words=np.array(["a", "b", "a", "c"])))


def test_a_packed_array_is_read_whole_where_it_is_large(npz):
    table = np.random.default_rng(0).integers(0, 4, (2_000, 700)).astype(np.float32)
    np.testing.assert_array_equal(open_source(saved(npz, np.savez_compressed, table)).read("table"), table)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (TABLE.astype(object), r"holds Python objects, pickled, which may have code in them.*: save it with numpy.save"),
        (TABLE.astype(">f4"), r"holds >f4, and no numbers in little-endian order: save it with"),
        (TABLE.astype("c8"), r"holds <c8"),
        (np.array(["a"]), r"holds <U1"),
        (TABLE[0], r"has the shape \(3,\), and a table has rows and columns: save a two-dimensional array"),
        (TABLE[None], r"has the shape \(1, 4, 3\)"),
        (TABLE[:0], r"has the shape \(0, 3\)"),
        (np.zeros(2, [("a", "f4")]), r"no header that numpy writes"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_numbers_is_refused(npy, npz, array, message):
    with pytest.raises(ModelFileError, match=message):
        open_source(saved(npy, np.save, array))
    with pytest.raises(ModelFileError, match=f"{message}|no array of numbers"):
        open_source(saved(npz, np.savez, array))


def header(shape, descr="'<f4'", order="False"):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        header("(4, 3)") + bytes(47),
        header("(4, 3)") + bytes(49),
        header("(-4, -3)") + bytes(48),
        header("(99999999999999999, 3)") + bytes(48),
        header("(999999999999999999, 999999999999999999)"),
        header("(0, 999999999999999999)"),
        header("(" + "1, " * 9 + ")") + bytes(4),
        header("(4, 3)", "__import__('os').system('true')") + bytes(48),
        header("(4, 3)", "'<f4'", "[]") + bytes(48),
        b"\x93NUMPY",
        b"\x93NUMPY\1\0\xff\xff{",
        b"\x93NUMPY\2\0\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\0\1\0{",
        b"text",
    ],
)
def test_a_header_that_lies_is_refused(npy, npz, content):
    npy.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"^table.npy: .*: (the file is damaged|save a two-dim)"):
        open_source(npy)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(npz, "w", method) as archive:
            archive.writestr("table.npy", content)
        with pytest.raises(ModelFileError, match=r"^tables.npz: "):
            open_source(npz)


def test_an_archive_that_unpacks_to_much_more_than_it_is_is_refused_before_it_is_unpacked(npz):
    with zipfile.ZipFile(npz, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("table.npy", "w") as file:
        file.write(header("(500000, 64)"))
        for _ in range(500):
            file.write(bytes(256_000))
    assert npz.stat().st_size < 1_000_000
    with pytest.raises(
        ModelFileError, match=r"unpacks to 128,000,128 bytes, and \S+ are the most.*: save it with numpy.savez"
    ):
        open_source(npz)


def test_an_archive_of_no_numbers_is_refused(npz):
    with pytest.raises(ModelFileError, match=r"it holds no array of numbers, but words: save it"):
        open_source(saved(npz, np.savez, words=np.array(["a", "b"])))
    with zipfile.ZipFile(npz, "w"):
        pass
    with pytest.raises(ModelFileError, match=r"tables.npz: "):
        open_source(npz)


def test_objects_in_an_archive_are_not_unpickled(npz):
    """They are left out where there are numbers beside them."""
    source = open_source(saved(npz, np.savez, table=TABLE, words=np.array(["a", None], object)))
    np.testing.assert_array_equal(source.read("table"), TABLE)
    assert source.words is None


def test_damage_of_a_packed_array_is_noticed(npz):
    content = bytearray(saved(npz, np.savez_compressed, np.random.default_rng(0).normal(size=(50, 20))).read_bytes())
    refused = 0
    for at in range(60, len(content) - 200, 97):
        changed = bytearray(content)
        changed[at] ^= 8
        npz.write_bytes(changed)
        with pytest.raises(ModelFileError, match=r"cannot be unpacked|unpacks to other bytes"):
            open_source(npz)
        refused += 1
    assert refused > 50


def test_texts_that_are_none_are_refused(npz):
    buffer = io.BytesIO()
    np.save(buffer, np.array(["ab", "cd", "ef", "gh"]))
    for wrong in (b"\xff\xff\xff\x7f", b"\0\xd8\0\0"):  # beyond Unicode, and half of a character
        with zipfile.ZipFile(saved(npz, np.savez, vectors=TABLE), "a") as archive:
            archive.writestr("words.npy", buffer.getvalue()[:-4] + wrong)
        with pytest.raises(ModelFileError, match=r"its array of texts is damaged"):
            open_source(npz)
