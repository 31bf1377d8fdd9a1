"""Files of other formats are named, with what to do; a safetensors file that begins like one of them is read."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tarfile

import numpy as np
import pytest

from embedcore.errors import ModelFileError
from export.sources.open import open_source


def tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.safetensors"))
    return buffer.getvalue()


FORMATS = {
    "gzip": (gzip.compress(b"text"), r"packed by gzip: unpack it"),
    "bzip2": (bz2.compress(b"text"), r"packed by bzip2: unpack it"),
    "xz": (lzma.compress(b"text"), r"packed by xz: unpack it"),
    "tar": (tar(), r"it is a tar archive: unpack it"),
    "pickle 2": (pickle.dumps([1], 2), r"it is a pickle, which may have code in it: save its tensors as safetensors"),
    "pickle 5": (pickle.dumps([1], 5), r"it is a pickle, which may have code in it: save its tensors as safetensors"),
    "fastText": (struct.pack("<2i", 793_712_314, 12), r"it is a fastText model, not its vectors: use the .vec file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), r"it is an HDF5 file"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", r"pointer of Git LFS.*: fetch it with git lfs pull"),
    "web page": (b"<!DOCTYPE html><title>404</title>", r"it is a page of the web: fetch the file itself"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".bin", ".safetensors", ".txt", ""])
@pytest.mark.parametrize(("content", "message"), FORMATS.values(), ids=FORMATS)
def test_another_format_is_named(tmp_path, content, message, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        open_source(path)


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x80\x02", b"\x80\x04", b"BZh"])
def test_a_header_whose_length_looks_like_another_format_is_read(tmp_path, magic):
    n_header = int.from_bytes(magic, "little")
    header = json.dumps({"wte": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}}).encode().ljust(n_header)
    content = struct.pack("<Q", n_header) + header + np.array([1, 2], "<f4").tobytes()
    assert content.startswith(magic)
    (tmp_path / "a.safetensors").write_bytes(content)
    np.testing.assert_array_equal(open_source(tmp_path / "a.safetensors").read("wte"), [[1], [2]])
