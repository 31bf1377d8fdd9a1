"""Which models there are: the files of the folder of models, and the untrained GPT-2-shaped layer, made on first use.

That folder is `models/` of the checkout, or the one that the variable EMBEDCORE_MODELS names. An installed library
brings no models.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from embedcore.cache import cache_folder
from embedcore.errors import ModelFileError
from embedcore.files.state import FileState, file_state
from embedcore.model.file import read_model_file

MODELS_FOLDER: Final = Path(__file__).resolve().parents[2] / "models"
VARIABLE: Final = "EMBEDCORE_MODELS"
UNTRAINED: Final = "random-gpt2"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be opened by name, and one line on what it is."""

    name: str
    summary: str


_SUMMARIES: Final = {
    "pydoc-gpt": "trained on Python's documentation: 50,257 × 64",
    UNTRAINED: "untrained, GPT-2-shaped, seed 123: 50,257 × 256",
    "toy": "the book's example, seed 123: 6 × 3",
}


def models_folder() -> Path:
    """Return the folder of models; that of a checkout need not be there, for an installed library has none.

    Raises ModelFileError where EMBEDCORE_MODELS names what is no folder.
    """
    written = os.environ.get(VARIABLE, "").strip()
    if not written:
        return MODELS_FOLDER
    folder = Path(written).expanduser().absolute()
    if not folder.is_dir():
        what = "a file" if folder.exists() else "not there"
        msg = (
            f"{VARIABLE} is {written[:200]!r}, and {str(folder)[:200]} is {what}: set it to a folder of .onnx files, "
            "or unset it"
        )
        raise ModelFileError(msg)
    return folder


def entries() -> tuple[CatalogEntry, ...]:
    """Return the models that can be opened by name: the trained one first, then by name.

    Raises ModelFileError as `models_folder` does.
    """
    names = {path.stem for path in models_folder().glob("*.onnx")} | {UNTRAINED}
    order = list(_SUMMARIES)
    ranked = sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))
    return tuple(CatalogEntry(name, _SUMMARIES.get(name, "a model file of your own")) for name in ranked)


def find(name_or_path: str | Path) -> Path:
    """Return the file of a model, by catalog name or by path.

    Raises ModelFileError if a bare name is not in the catalog, and as `models_folder` does. A path is returned as it
    is; reading it tells the rest.
    """
    path = Path(name_or_path)
    if path.suffix == ".onnx" or path.parent != Path():
        return path
    if path.name == UNTRAINED:
        return _untrained_file()
    folder = models_folder()
    known = [entry.name for entry in entries()]
    if path.name not in known:
        is_there = "" if folder.is_dir() else ", which is not there"
        msg = (
            f"there is no model {path.name!r}; there are {', '.join(known)}. {path.name}.onnx was looked for in "
            f"{folder}{is_there}: set {VARIABLE} to the folder that holds it, or give the path of an .onnx file"
        )
        raise ModelFileError(msg)
    return folder / f"{path.name}.onnx"


def _untrained_file() -> Path:
    """Return the untrained model's file, written on first use (51 MB, about a second): too large to ship.

    A file of an older contract, or a damaged one, is written again: it is ours, and holds nothing of the reader's.
    """
    from embedcore.model.untrained import write_untrained

    path = cache_folder() / f"{UNTRAINED}.onnx"
    if not _is_whole(path, file_state(path)):
        write_untrained(path, name=UNTRAINED)
    return path


@lru_cache(maxsize=2)
def _is_whole(path: Path, state: FileState | None) -> bool:
    """Say whether a model file keeps the contract; it is read once in each of its states."""
    if state is None:
        return False
    try:
        read_model_file(path)
    except ModelFileError:
        return False
    return True
