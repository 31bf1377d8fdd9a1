"""Opening whatever holds a model's tables, by what the path is and how the file begins."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from export.sources.broken import broken, shortened
from export.sources.checkpoint import Checkpoint
from export.sources.folder import Folder, snapshot
from export.sources.mapped import MappedFile
from export.sources.other_formats import refuse_other_formats
from export.sources.safetensors import is_safetensors, safetensors_in
from export.sources.shards import opened_shards
from export.sources.source import Source
from export.sources.torch_file import torch_tensors_in

INDEX: Final = ".index.json"
# In this order, as transformers looks for them.
_OF_FOLDERS: Final[Sequence[str]] = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)


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
        others = [name for name in names if name.endswith(".safetensors")]
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
    file = MappedFile(path)
    folder = Folder(path.parent) if folder is None else folder
    if not is_safetensors(file):  # before other formats: the length of a header may begin as a gzip file does
        refuse_other_formats(file)
        if file.content(0, 4) == b"PK\3\4":
            return Checkpoint(f"{file.name}, PyTorch", torch_tensors_in(file), [file], folder)
    return Checkpoint(f"{file.name}, safetensors", safetensors_in(file), [file], folder)
