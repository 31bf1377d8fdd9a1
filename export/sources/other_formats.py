"""Files that people have beside those that are read here, known by how they begin, each with what to do."""

from collections.abc import Mapping
from typing import Final

from export.sources.broken import broken
from export.sources.mapped import MappedFile
from export.sources.torch_file import AS_SAFETENSORS

_UNPACK: Final = "unpack it, and give the path of the file or folder within"
_AS_VEC: Final = "use the .vec file beside it, or write its vectors as text"
# How a file begins → what it is, and the remedy.
_FORMATS: Final[Mapping[bytes, tuple[str, str]]] = {
    b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.": (
        "a PyTorch file of before torch 1.6, which is a pickle",
        AS_SAFETENSORS,
    ),
    b"\xba\x16O/": ("a fastText model, not its vectors", _AS_VEC),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file, as Keras and TensorFlow write them", AS_SAFETENSORS),
    b"\x1f\x8b": ("packed by gzip", _UNPACK),
    b"BZh": ("packed by bzip2", _UNPACK),
    b"\xfd7zXZ\0": ("packed by xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!": ("a RAR archive", _UNPACK),
    **dict.fromkeys(
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), ("a pickle, which may have code in it", AS_SAFETENSORS)
    ),
    b"version https://git-lfs": (
        "a pointer of Git LFS and not the file that it stands for",
        "fetch it with git lfs pull",
    ),
    b"<!DOCTYPE": ("a page of the web", "fetch the file itself"),
    b"<html": ("a page of the web", "fetch the file itself"),
}
_TAR_AT: Final = 257


def refuse_other_formats(file: MappedFile) -> None:
    """Raise ModelFileError if the file is of a known format that holds no tables, or is packed, with what to do."""
    begin = file.content(0, 32)
    for magic, (words, remedy) in _FORMATS.items():
        if begin.startswith(magic):
            raise broken(file.name, f"it is {words}", remedy)
    if file.content(_TAR_AT, _TAR_AT + 5) == b"ustar":
        raise broken(file.name, "it is a tar archive", _UNPACK)
