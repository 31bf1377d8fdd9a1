"""safetensors files: the same numbers as the safetensors library, and a refusal for every header that lies."""

import json
import math
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from embedcore.errors import ModelFileError
from export.sources.mapped import map_file
from export.sources.number_types import NUMBER_TYPES
from export.sources.open import open_source
from export.sources.safetensors import MOST_HEADER_BYTES, safetensors_in
from export.sources.source import Source, TensorInfo


def patterns():
    """Return every pattern of 16 bits: infinities, subnormals and many NaNs among them."""
    return torch.from_numpy(np.arange(65_536, dtype=np.uint16).view(np.int16)).reshape(256, 256)


def all_bytes():
    return torch.arange(256, dtype=torch.uint8).reshape(16, 16)


TENSORS = {
    "F64": torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4),
    "F32": torch.linspace(-1, 1, 12).reshape(3, 4),
    "F16": patterns().view(torch.float16),
    "BF16": patterns().view(torch.bfloat16),
    "F8_E4M3": all_bytes().view(torch.float8_e4m3fn),
    "F8_E5M2": all_bytes().view(torch.float8_e5m2),
    "I64": torch.arange(-6, 6).reshape(3, 4),
    "I32": torch.arange(-6, 6, dtype=torch.int32).reshape(3, 4),
    "I16": torch.arange(-6, 6, dtype=torch.int16).reshape(3, 4),
    "I8": torch.arange(-6, 6, dtype=torch.int8).reshape(3, 4),
    "U8": all_bytes(),
    "BOOL": all_bytes() > 100,
}


def file_of(header, data=b"", *, n_header=None):
    """Return the bytes of a file with this header, an object or the bytes of one."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if n_header is None else n_header) + raw + data


def entry(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.fixture
def opened(tmp_path):
    def opened(content):
        path = tmp_path / "model.safetensors"
        path.write_bytes(content)
        return safetensors_in(map_file(path))

    return opened


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("tensors") / "model.safetensors"
    save_file(TENSORS | {"odd": torch.arange(3, dtype=torch.uint8), "after": torch.tensor(2.5)}, path)
    return open_source(path)


@pytest.mark.parametrize("dtype", TENSORS)
def test_every_type_is_read_as_torch_reads_it(source, dtype):
    expected = TENSORS[dtype]
    if dtype in {"BF16", "F8_E4M3", "F8_E5M2"}:
        expected = expected.float()
    assert source.tensors[dtype] == TensorInfo(dtype, dtype, tuple(expected.shape))
    for rows in (None, slice(1, 3), slice(2, 2), slice(None, None, -2)):
        got = source.read(dtype, rows)
        wanted = expected.numpy() if rows is None else expected.numpy()[rows]
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)
        # NaN too keeps its bits where nothing is widened.
        if dtype in {"F16", "F32", "F64"}:
            assert got.tobytes() == wanted.tobytes()


def test_a_number_alone_is_read_and_has_no_rows(source):
    assert source.read("after") == np.float32(2.5)
    with pytest.raises(ModelFileError, match=r"has no rows: read it whole"):
        source.read("after", slice(1))


def test_a_source_says_what_it_is_and_what_it_has_not(source):
    assert isinstance(source, Source)
    assert source.label == "model.safetensors, safetensors"
    assert (source.config, source.tokenizer_json, source.words) == ({}, None, None)
    assert source.read_blocks("F32") is None
    assert source.beside("vocab.txt") is None
    with pytest.raises(ModelFileError, match=r"no tensor 'wte'.*choose one of "):
        source.read("wte")


def test_rows_are_the_files_own_pages(source):
    assert not source.read("F16").flags.owndata
    assert not source.read("F16").flags.writeable


def test_after_closing_nothing_is_read_and_what_was_read_stays(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.ones(2, 2)}, path)
    source = open_source(path)
    before = source.read("a")
    source.close()
    np.testing.assert_array_equal(before, np.ones((2, 2), np.float32))
    with pytest.raises(ModelFileError, match=r"was closed: open it again"):
        source.read("a")


def test_numbers_at_an_odd_byte_are_read(opened):
    """Old files do not pad their header, so that numbers begin anywhere."""
    values = np.arange(4, dtype=np.float32)
    header = {"a": entry("U8", (1,), (0, 1)), "b": entry("F32", (2, 2), (1, 17))}
    for padding in range(4):
        content = file_of(json.dumps(header).encode() + b" " * padding, b"\7" + values.tobytes())
        got = opened(content)["b"].read()
        assert got.flags.aligned
        np.testing.assert_array_equal(got, values.reshape(2, 2))


def test_an_empty_tensor_and_metadata_are_fine(opened):
    tensors = opened(file_of({"__metadata__": {"format": "pt"}, "none": entry("F32", (0, 4), (0, 0))}))
    assert list(tensors) == ["none"]
    assert tensors["none"].read().shape == (0, 4)


@pytest.mark.parametrize("dtype", [name for name, number in NUMBER_TYPES.items() if number.stored is None])
def test_a_type_without_exact_numbers_is_listed_and_refused_when_it_is_read(opened, dtype):
    n_bytes = NUMBER_TYPES[dtype].n_bits * 8 // 8
    tensor = opened(file_of({"a": entry(dtype, (8,), (0, n_bytes))}, bytes(n_bytes)))["a"]
    with pytest.raises(ModelFileError, match=rf"holds {dtype}, which has no exact numbers here: save it as"):
        tensor.read()


GOOD = bytes(16)
MANY = b'{"a":' + b"[0,0]," * 600_001
LYING = {
    "empty": (b"", r"it is empty: .*fetch or save it again"),
    "seven bytes": (b"\x10" + bytes(6), r"header should be 16 bytes long, and the file has 7"),
    "longer than the file": (file_of({}, n_header=100), r"header should be 100 bytes long, and the file has 10"),
    "2^64": (file_of({}, n_header=2**64 - 1), r"header should be 18,446,744,073,709,551,615 bytes"),
    "too long": (file_of(b"{" + b" " * MOST_HEADER_BYTES), r"25,000,001 bytes long, and 25,000,000 are the most: save it in several"),
    "too many": (file_of(MANY), r"its JSON has 1,800,004 values, and 1,200,000 are the most: save the model in several files"),
    "no brace": (file_of(b"  {}"), r"begins with b'  \{\}' and not with a brace"),
    "no json": (file_of(b"{,}"), r"no JSON object of tensors"),
    "no text": (file_of(b'{"\xff": 1}'), r"no JSON object of tensors"),
    "trailing": (file_of(b"{}x"), r"no JSON object of tensors"),
    "deep": (file_of(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), r"nests more than 32 deep"),
    "deeper": (file_of(b'{"a":' + b"[" * 300_000), r"nests more than 32 deep"),
    "twice": (file_of(b'{"a": %s, "a": %s}' % ((json.dumps(entry()).encode(),) * 2), GOOD), r"names a key twice"),
    "key twice": (file_of(b'{"a": {"dtype": "F32", "dtype": "F32", "shape": [], "data_offsets": [0, 4]}}', bytes(4)), r"names a key twice"),
    "metadata": (file_of({"__metadata__": {"format": 1}}), r"__metadata__ is no object of texts"),
    "no object": (file_of({"a": 3}), r"tensor 'a' has other keys"),
    "no dtype": (file_of({"a": {"shape": [], "data_offsets": [0, 4]}}), r"other keys"),
    "one more": (file_of({"a": entry() | {"crc": 1}}, GOOD), r"other keys"),
    "dtype": (file_of({"a": entry("Q4_0")}, GOOD), r"holds Q4_0, a type that is not known here: save it as F32"),
    "dtype list": (file_of({"a": entry(["F32"])}, GOOD), r"a type that is not known here"),
    "negative size": (file_of({"a": entry(shape=(-2, -2))}, GOOD), r"the shape \[-2, -2\], which no array has"),
    "true": (file_of({"a": entry(shape=(True, 4))}, GOOD), r"the shape \[True, 4\]"),
    "fraction": (file_of({"a": entry(shape=(2.0, 2))}, GOOD), r"the shape \[2.0, 2\]"),
    "absurd size": (file_of({"a": entry(shape=(2**62, 4))}, GOOD), r"which no array has"),
    "absurd product": (file_of({"a": entry(shape=(2**32, 2**32))}, GOOD), r"which no array has"),
    "absurd and nothing": (file_of({"a": entry(shape=(0, 2**60, 2**60), offsets=(0, 0))}), r"which no array has"),
    "beyond 64 bits": (file_of({"a": entry(shape=(2**64, 1))}, GOOD), r"64 bits is the most"),
    "nine axes": (file_of({"a": entry("U8", (1,) * 9, (0, 1))}, b"x"), r"which no array has"),
    "offsets": (file_of({"a": entry(offsets=(0,))}, GOOD), r"offsets \[0\], which are not two numbers"),
    "negative offset": (file_of({"a": entry(offsets=(-16, 0))}, GOOD), r"offsets \[-16, 0\]"),
    "backwards": (file_of({"a": entry(offsets=(16, 0))}, GOOD), r"lies at bytes"),
    "past the end": (file_of({"a": entry("F32", (8,), (0, 32))}, GOOD), r"of the 82 that the file has|lies at bytes"),
    "size and shape": (file_of({"a": entry(shape=(3, 2))}, GOOD), r"of shape \[3, 2\] and type F32 needs 24 bytes, and has 16"),
    "half a byte": (file_of({"a": entry("F4", (3,), (0, 1))}, b"x"), r"needs 1.5 bytes, and has 1"),
    "overlap": (file_of({"a": entry(), "b": entry(offsets=(8, 24))}, bytes(24)), r"'b' at byte \d+ overlaps the one before it"),
    "same place": (file_of({"a": entry(), "b": entry()}, GOOD), r"'b' at byte \d+ overlaps"),
    "gap": (file_of({"a": entry(), "b": entry(offsets=(20, 36))}, bytes(36)), r"'b' at byte \d+ leaves a gap"),
    "gap first": (file_of({"a": entry(offsets=(4, 20))}, bytes(20)), r"'a' at byte \d+ leaves a gap"),
    "bytes left": (file_of({"a": entry()}, bytes(17)), r"tensors end at byte \d+, and the file at byte \d+"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), LYING.values(), ids=LYING)
def test_a_header_that_lies_is_refused(opened, content, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        opened(content)
    assert len(str(caught.value)) < 400
    assert str(caught.value).startswith("model.safetensors: ")


def test_the_float8_numbers_are_the_papers():
    """Micikevicius et al. 2022, table 1: the largest and the smallest numbers."""
    e4m3, e5m2 = (NUMBER_TYPES[name].widen(np.arange(256, dtype=np.uint8)) for name in ("F8_E4M3", "F8_E5M2"))
    assert np.nanmax(e4m3) == 448
    assert e4m3[1] == 2.0**-9
    assert np.isnan(e4m3).sum() == 2
    assert e5m2[np.isfinite(e5m2)].max() == 57_344
    assert e5m2[1] == 2.0**-16
    assert math.isinf(e5m2[0x7C])
    assert math.isinf(e5m2[0xFC])
