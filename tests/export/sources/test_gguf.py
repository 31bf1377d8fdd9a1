"""GGUF files: every type as the gguf package dequantizes it, blocks bit for bit, and no lie believed."""

import struct

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants
from gguf.constants import GGML_QUANT_SIZES
from gguf.gguf_reader import GGUFReader

from embedcore.errors import ModelFileError
from export.sources.gguf import open_gguf
from export.sources.source import Source
from tests.gguf_files import entry, key, random_blocks, raw_gguf, text, write_gguf
from tests.hostile.bounded import bounded

PLAIN = {"F32", "F16", "F64", "I8", "I16", "I32", "I64"}
NO_NUMBERS = {"Q8_1", "Q8_K", "Q1_0"}  # gguf itself has no dequantization of these
IN_BLOCKS = sorted(kind.name for kind in GGML_QUANT_SIZES if kind.name not in PLAIN | NO_NUMBERS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.gguf"


def stored(path, kind, n_rows=5, n_blocks=3):
    """Write one tensor of random bytes in a type, and return its shape."""
    size, _ = GGML_QUANT_SIZES[kind]
    content = random_blocks(kind, n_rows, n_blocks).tobytes()
    path.write_bytes(raw_gguf((), [entry("token_embd.weight", (n_blocks * size, n_rows), kind, 0)], content))
    return n_rows, n_blocks * size


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_each_type_is_read_as_the_gguf_package_reads_it(path, name):
    kind = GGMLQuantizationType[name]
    shape = stored(path, kind)
    theirs = GGUFReader(path).tensors[0]
    with np.errstate(all="ignore"):
        expected = quants.dequantize(theirs.data, kind)
    source = open_gguf(path)
    assert source.tensors["token_embd.weight"].dtype == name
    assert source.tensors["token_embd.weight"].shape == shape
    values = source.read("token_embd.weight")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values.view(np.uint32), expected.view(np.uint32))
    some = source.read("token_embd.weight", slice(1, 3))
    np.testing.assert_array_equal(some.view(np.uint32), expected[1:3].view(np.uint32))
    assert source.read("token_embd.weight", slice(2, 2)).shape == (0, shape[1])


def test_the_types_in_blocks_are_those_that_gguf_knows():
    assert len(IN_BLOCKS) == 24


@pytest.mark.parametrize("name", sorted(NO_NUMBERS))
def test_a_type_without_numbers_is_refused_when_it_is_read_and_the_rest_is_not(path, name):
    stored(path, GGMLQuantizationType[name])
    source = open_gguf(path)
    with pytest.raises(ModelFileError, match=rf"stored as {name}, which cannot be read: take a file"):
        source.read("token_embd.weight")


def test_an_unknown_type_is_refused_when_it_is_read(path):
    path.write_bytes(raw_gguf((), [entry("a", (4,), 0, 0), entry("b", (4,), 99, 32)], bytes(64)))
    source = open_gguf(path)
    np.testing.assert_array_equal(source.read("a"), np.zeros(4, np.float32))
    with pytest.raises(ModelFileError, match="stored as ggml type 99"):
        source.read("b")


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "int8", "int16", "int32", "int64"])
def test_plain_numbers_are_the_files_own(path, dtype):
    values = np.random.default_rng(1).integers(-100, 100, (7, 6)).astype(dtype)
    source = open_gguf(write_gguf(path, "llama", {"x": values}))
    read = source.read("x")
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)
    np.testing.assert_array_equal(source.read("x", slice(2, 5)), values[2:5])
    assert not read.flags.writeable  # the file's own pages


def test_what_was_read_stays_when_the_file_is_closed(path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    source = open_gguf(write_gguf(path, "llama", {"x": values}))
    read = source.read("x")
    source.close()
    np.testing.assert_array_equal(read, values)
    with pytest.raises(ModelFileError, match="was closed"):
        source.read("x")


def test_q8_0_comes_as_blocks_bit_for_bit(path):
    stored(path, GGMLQuantizationType.Q8_0, n_rows=9, n_blocks=4)
    raw = random_blocks(GGMLQuantizationType.Q8_0, 9, 4).reshape(9, 4, 34)
    source = open_gguf(path)
    blocks = source.read_blocks("token_embd.weight")
    assert blocks.values.dtype == np.int8
    assert blocks.scales.dtype == np.float16
    np.testing.assert_array_equal(blocks.values.view(np.uint8), raw[..., 2:])
    np.testing.assert_array_equal(np.ascontiguousarray(blocks.scales).view(np.uint8).reshape(9, 4, 2), raw[..., :2])
    with np.errstate(all="ignore"):
        product = blocks.values * blocks.scales.astype(np.float32)[..., None]
    np.testing.assert_array_equal(product.reshape(9, 128), source.read("token_embd.weight"))


def test_other_types_and_other_shapes_are_no_blocks(path):
    zeros = np.zeros((2, 64), np.float32)
    kinds = {"flat": GGMLQuantizationType.Q8_0, "four": GGMLQuantizationType.Q4_0}
    source = open_gguf(write_gguf(path, "llama", {"flat": zeros[0], "four": zeros, "plain": zeros}, types=kinds))
    assert [source.read_blocks(name) for name in ("flat", "four", "plain")] == [None, None, None]
    np.testing.assert_array_equal(source.read("flat"), zeros[0])


def test_the_keys_are_there_in_their_types(path):
    keys = {
        "llama.context_length": 8192,
        "llama.rope.freq_base": 0.5,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.tokens": ["a", "Ġé", ""],
        "tokenizer.ggml.token_type": [1, 3, 1],
    }
    source = open_gguf(write_gguf(path, "llama", {"x": np.ones(2, np.float32)}, keys=keys))
    assert isinstance(source, Source)
    assert source.label == "model.gguf, GGUF 3"
    assert source.config == {"gguf": {"general.architecture": "llama", **keys}}
    assert type(source.config["gguf"]["tokenizer.ggml.add_bos_token"]) is bool
    assert (source.tokenizer_json, source.words, source.beside("vocab.txt")) == (None, None, None)


def test_a_tokenizer_json_inside_is_given(path):
    keys = {"tokenizer.huggingface.json": '{"é": 1}'}
    source = open_gguf(write_gguf(path, "llama", {"x": np.ones(2, np.float32)}, keys=keys))
    assert source.tokenizer_json == '{"é": 1}'.encode()


def test_a_token_that_is_no_utf8_keeps_its_bytes(path):
    path.write_bytes(raw_gguf([key("tokens", 9, struct.pack("<IQ", 8, 1) + text(b"\xff\xc3"))]))
    (token,) = open_gguf(path).config["gguf"]["tokens"]
    assert token.encode(errors="surrogateescape") == b"\xff\xc3"


def part(folder, number, names, count=2):
    content = {name: np.full(4, number, np.float32) for name in names}
    return write_gguf(folder / f"m-0000{number}-of-00002.gguf", "llama", content, keys={"split.count": count})


def test_a_model_in_parts_is_one(tmp_path):
    first = part(tmp_path, 1, ["a", "b"])
    part(tmp_path, 2, ["c"])
    source = open_gguf(first)
    assert list(source.tensors) == ["a", "b", "c"]
    assert source.read("c")[0] == 2


def test_a_missing_part_and_a_tensor_in_two_parts_are_refused(tmp_path):
    first = part(tmp_path, 1, ["a"])
    with pytest.raises(ModelFileError, match=r"m-00002-of-00002\.gguf: there is no such file"):
        open_gguf(first)
    part(tmp_path, 2, ["a"])
    with pytest.raises(ModelFileError, match="an earlier part has a tensor 'a' too"):
        open_gguf(first)
    second = first.rename(tmp_path / "other.gguf")
    with pytest.raises(ModelFileError, match=r"part of a model of 2 files: open the first by its own name"):
        open_gguf(second)


ONE = entry("x", (8,), 0, 0)
LIES = {
    "no magic": (b"GGML" + bytes(60), "does not begin as a GGUF file"),
    "empty": (b"", "it is empty"),
    "only magic": (b"GGUF", "ends at byte 8, and the file has 4"),
    "version 1": (raw_gguf(version=1), "GGUF version 1, and 2 and 3 are read"),
    "version 4": (raw_gguf(version=4), "GGUF version 4"),
    "big-endian": (raw_gguf(version=3 << 24), "big-endian: convert it with gguf-convert-endian"),
    "more keys than bytes": (raw_gguf(n_keys=50_000), "50,000 keys, in"),
    "endless keys": (raw_gguf(n_keys=2**64 - 1), "18,446,744,073,709,551,615 keys"),
    "endless tensors": (raw_gguf(n_tensors=2**63), "9,223,372,036,854,775,808 tensors"),
    "a key twice": (raw_gguf([key("a", 0, b"1")] * 2), "names the key 'a' twice"),
    "a key of no UTF-8": (raw_gguf([key(b"\xff", 0, b"1")]), "is no UTF-8"),
    "a key without end": (raw_gguf([text("a" * 600)]), "the name of a key has 600 bytes, and 512 are read"),
    "an unknown value": (raw_gguf([key("a", 13, b"")]), "a value of the type 13"),
    "half a truth": (raw_gguf([key("a", 7, b"\2")]), "true or false is 2"),
    "half a truth in a list": (raw_gguf([key("a", 9, struct.pack("<IQ", 7, 2) + b"\1\3")]), "true or false is 3"),
    "a text without end": (raw_gguf([key("a", 8, struct.pack("<Q", 2**62))]), "a text of its header has 4,6"),
    "a list without end": (raw_gguf([key("a", 9, struct.pack("<IQ", 0, 2**63))]), "4,000,000 are read"),
    "a long list": (raw_gguf([key("a", 9, struct.pack("<IQ", 12, 3_000_000))]), "ends at byte 24,000,0"),
    "lists in lists": (raw_gguf([key("a", 9, struct.pack("<IQ", 9, 1) * 5_000)]), "4 deep; 4,000,000 are read, 3 deep"),
    "an alignment of 3": (raw_gguf([key("general.alignment", 4, b"\3\0\0\0")]), "alignment is 3, no power of two"),
    "an alignment of 0": (raw_gguf([key("general.alignment", 4, bytes(4))]), "alignment is 0"),
    "an alignment of words": (raw_gguf([key("general.alignment", 8, text("32"))]), "alignment is 32, no power"),
    "a huge alignment": (raw_gguf([key("general.alignment", 4, b"\0\0\0\x80")]), "alignment is 2147483648"),
    "five axes": (raw_gguf((), [entry("x", (1,) * 5, 0, 0)], bytes(32)), "5 axes, and 4 are the most"),
    "no numbers": (raw_gguf((), [entry("x", (0, 4), 0, 0)], bytes(32)), "is 4×0, and F32 stores rows"),
    "half a block": (raw_gguf((), [entry("x", (33, 2), 8, 0)], bytes(99)), "is 2×33, and Q8_0 stores rows of blocks of 32"),
    "sizes that overflow": (raw_gguf((), [entry("x", (2**32, 2**32), 0, 0)], bytes(32)), "4294967296×4294967296"),
    "past the end": (raw_gguf((), [entry("x", (8, 2), 0, 0)], bytes(32)), "tensor 'x' ends at byte"),
    "a place far away": (raw_gguf((), [entry("x", (8,), 0, 2**63)], bytes(32)), "tensor 'x' ends at byte"),
    "a crooked place": (raw_gguf((), [entry("x", (2,), 0, 4)], bytes(32)), "begins at 4, no multiple of 32"),
    "a name twice": (raw_gguf((), [ONE, entry("x", (8,), 0, 32)], bytes(64)), "names the tensor 'x' twice"),
    "one place for two": (raw_gguf((), [ONE, entry("y", (8,), 0, 0)], bytes(64)), "'x' and 'y' share bytes"),
    "an overlap": (raw_gguf((), [entry("x", (9,), 0, 0), entry("y", (8,), 0, 32)], bytes(64)), "'x' and 'y' share bytes"),
    "many parts": (raw_gguf([key("split.count", 2, b"\xff\xff")]), "one of 65535 parts, and at most 1,000"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_header_is_refused(path, lie):
    content, message = LIES[lie]
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as refused:
        open_gguf(path)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("size", [5, 40, 200, 290])
def test_a_file_that_ends_too_early_is_refused(path, size):
    whole = write_gguf(path, "llama", {"x": np.ones((8, 8), np.float32)}).read_bytes()
    path.write_bytes(whole[:size])
    with pytest.raises(ModelFileError, match="ends at byte"):
        open_gguf(path)


def test_a_tensor_that_is_not_there_and_a_file_that_is_not_there(path):
    with pytest.raises(ModelFileError, match="there is no such file"):
        open_gguf(path)
    source = open_gguf(write_gguf(path, "llama", {"x": np.ones(2, np.float32)}))
    with pytest.raises(ModelFileError, match="no tensor 'y' in it: choose one of x"):
        source.read("y")
    with pytest.raises(ModelFileError, match="no tensor 'y'"):
        source.read_blocks("y")


@pytest.mark.parametrize(
    ("first", "n_files"), [(0, 400), pytest.param(1_000, 12_000, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_every_fuzzed_file_opens_or_is_refused(tmp_path, first, n_files):
    code = "import sys; from tests.fuzz_gguf import main; main(*sys.argv[1:])"
    done = bounded(code, str(first), str(n_files), str(tmp_path))
    assert done.returncode == 0, f"{done.stdout[-2_000:]}{done.stderr[-2_000:]}"
    counts = {name: int(count) for name, count in (part.split("=") for part in done.stdout.split())}
    assert counts["opened"] > n_files // 50
    assert counts["refused"] > n_files // 2
    assert counts["opened"] + counts["refused"] == counts["tried"]
    assert counts["longest"] < 1_000  # bytes of a message, whatever the file says


def test_memory_is_bounded_where_a_header_is_all_texts(tmp_path):
    """A header of four million texts is the most that is read, in a process that may take 3 GB."""
    for count in (4_000_000, 4_000_001):
        content = raw_gguf([key("a", 9, struct.pack("<IQ", 8, count) + bytes(8 * count))])
        (tmp_path / f"{count}.gguf").write_bytes(content)
    code = (
        "import sys\nfrom pathlib import Path\nfrom export.sources.gguf import open_gguf\n"
        "print(len(open_gguf(Path(sys.argv[1]) / '4000000.gguf').config['gguf']['a']))\n"
        "open_gguf(Path(sys.argv[1]) / '4000001.gguf')"
    )
    done = bounded(code, str(tmp_path))
    assert done.stdout.strip() == "4000000"
    assert "its lists hold 4,000,001 values, 1 deep; 4,000,000 are read, 3 deep" in done.stderr
