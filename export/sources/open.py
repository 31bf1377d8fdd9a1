"""Opening whatever holds a model's tables, by what the path is and how the file begins."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from export.sources.arrays import npy_table, npz_tensors
from export.sources.broken import broken, shortened
from export.sources.checkpoint import Checkpoint
from export.sources.folder import Folder, snapshot
from export.sources.mapped import MappedFile, map_file
from export.sources.other_formats import refuse_other_formats
from export.sources.projector import projector_table
from export.sources.safetensors import is_safetensors, safetensors_in
from export.sources.shards import opened_shards
from export.sources.source import Source
from export.sources.stored import StoredTensor
from export.sources.text_table import text_table
from export.sources.torch_file import torch_tensors_in
from export.sources.word2vec import is_word2vec, word2vec_table
from export.sources.zip_members import zip_members

INDEX: Final = ".index.json"
# In this order, as transformers looks for them.
_OF_FOLDERS: Final[Sequence[str]] = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_BY_THEIR_BEGIN: Final[Mapping[str, str]] = {
    ".safetensors": "a safetensors file, with the length of a header and a brace",
    ".gguf": "a GGUF file, with these four letters",
    ".npz": "an archive",
    ".bin": "an archive of PyTorch, or with the count and width of word2vec",
    ".pt": "an archive of PyTorch",
    ".pth": "an archive of PyTorch",
}
_OF_TEXTS: Final = (".txt", ".vec", ".glove")


def open_source(path: Path) -> Source:
    """Open a checkpoint: a folder as `save_pretrained` leaves it or a hub's cache has it, or a single file.

    Raises ModelFileError, with the remedy, if there is nothing that can be read, or it is damaged.
    """
    if os.path.isdir(path):  # Path.is_dir raises where a name is too long
        return _open_folder(Folder(snapshot(path)))
    if path.name.endswith(INDEX):
        return _open_in(Folder(path.parent), path.name)
    return _open_file(path)


def _open_folder(folder: Folder) -> Source:
    names = folder.names()
    known = next((name for name in _OF_FOLDERS if name in names), None)
    if known is None:
        others = [name for name in names if name.endswith((".safetensors", ".gguf"))]
        if len(others) != 1:
            some = ", ".join(map(shortened, names[:5])) or "nothing"
            fault = f"the folder holds {some}, and none of {', '.join(_OF_FOLDERS)}"
            raise broken(folder.path.name, fault, "give the path of the file that holds the tensors")
        known = others[0]
    return _open_in(folder, known)


def _open_in(folder: Folder, name: str) -> Source:
    """Open a file of tensors, or an index of several, in its folder."""
    if not name.endswith(INDEX):
        return _open_file(folder.file(name), folder)
    stored, files = opened_shards(folder, name)
    return Checkpoint(f"{folder.path.name}, {len(files)} files of tensors", stored, files, folder)


def _open_file(path: Path, folder: Folder | None = None) -> Source:
    """Open a file by how it begins, and where that says nothing, by its name."""
    file = map_file(path)
    if is_safetensors(file):  # first, for the length of its header may begin as a gzip file does
        return _checkpoint(file, "safetensors", safetensors_in(file), path, folder)
    begin = file.content(0, 4_096)
    if begin.startswith(b"GGUF"):
        return _open_gguf(path)
    refuse_other_formats(file)
    if begin.startswith(b"PK\3\4"):
        if all(name.endswith(".npy") for name in zip_members(file)):
            stored, words, held = npz_tensors(file)
            return Checkpoint(f"{file.name}, numpy", stored, [file, *held], words=words)
        return _checkpoint(file, "PyTorch", torch_tensors_in(file), path, folder)
    suffix = path.suffix.lower()
    if begin.startswith(b"\x93NUMPY") or suffix == ".npy":
        return Checkpoint(f"{file.name}, numpy", npy_table(file), [file])
    if suffix in _BY_THEIR_BEGIN and not (suffix == ".bin" and is_word2vec(file)):
        expected, remedy = _BY_THEIR_BEGIN[suffix], "check the name of the file, or fetch or save it again"
        raise broken(file.name, f"it begins with {begin[:8]!r}, and not as {expected}", remedy)
    if suffix == ".tsv":
        return projector_table(file, path)
    if is_word2vec(file) and suffix not in _OF_TEXTS and (suffix == ".bin" or b"\0" in begin):
        return word2vec_table(file)
    return text_table(file)


def _open_gguf(path: Path) -> Source:
    try:
        from export.sources.gguf import open_gguf
        from export.sources.gguf_checkpoint import gguf_as_checkpoint
    except ModuleNotFoundError as error:  # the app's own needs do not have it
        fault = "it is a GGUF file, and the package gguf, which reads them, is not here"
        raise broken(path.name, fault, "pip install gguf") from error
    return gguf_as_checkpoint(open_gguf(path))


def _checkpoint(
    file: MappedFile, words: str, stored: Mapping[str, StoredTensor], path: Path, folder: Folder | None
) -> Checkpoint:
    return Checkpoint(f"{file.name}, {words}", stored, [file], folder or Folder(path.parent))
