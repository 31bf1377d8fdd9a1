"""Which models there are: the files of the folder of models, and the untrained GPT-2-shaped layer, made on first use.

That folder is `models/` of the checkout, or the one that the variable EMBEDCORE_MODELS names. An installed library
brings no models.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from embedcore.cache import cache_folder
from embedcore.errors import ModelFileError
from embedcore.files.state import FileState, file_state
from embedcore.model.file import read_model_file
from embedcore.model.peek import peek

MODELS_FOLDER: Final = Path(__file__).resolve().parents[2] / "models"
VARIABLE: Final = "EMBEDCORE_MODELS"
UNTRAINED: Final = "random-gpt2"
_N_VOCAB, _WIDTH = 50_257, 256  # of the untrained model, whose file may not be there yet


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be opened by name, one line on what it is, and its numbers in words, as far as its file says."""

    name: str
    summary: str
    numbers: str = ""


# What each model that comes with the repository is; the first one opens the app: its sum is just token + position, in
# few dimensions and the ids of GPT-2, as a newcomer has read of it (docs/decisions/first-screen.md).
_SUMMARIES: Final = {
    "pydoc-gpt": "a small GPT, trained on Python's documentation",
    "smollm2-135m": "a language model with rotary positions, 2024",
    "minilm-l6": "an encoder like BERT, for sentences, 2021",
    UNTRAINED: "untrained, in the shape of GPT-2",
    "toy": "the book's example: six words",
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
    """Return the models that can be opened by name: those that come with the repository first, then by name.

    Raises ModelFileError as `models_folder` does.
    """
    files = _files()
    return tuple(
        entry_of(name, files.get(name), _SUMMARIES.get(name, "a model file of your own")) for name in _ranked(files)
    )


def names() -> tuple[str, ...]:
    """Return the names of the models of `entries`, in its order, without a look into their files.

    Raises ModelFileError as `models_folder` does.
    """
    return _ranked(_files())


def _files() -> dict[str, Path]:
    return {path.stem: path for path in models_folder().glob("*.onnx")}


def _ranked(files: Collection[str]) -> tuple[str, ...]:
    order = list(_SUMMARIES)
    ranked = sorted({*files, UNTRAINED}, key=lambda name: (order.index(name) if name in order else len(order), name))
    return tuple(ranked)


def entry_of(name: str, path: Path | None, summary: str) -> CatalogEntry:
    """Return what is said of a model by its file; None stands for the untrained one, whose file may come later."""
    return CatalogEntry(name, summary, _numbers(path))


def _numbers(path: Path | None) -> str:
    """Return the size of a file's table and its scheme, in words; empty where the file cannot be read."""
    if path is None:
        return _words(_N_VOCAB, _WIDTH, "learned")
    state = file_state(path)
    return "" if state is None else _numbers_of(path, state)


@lru_cache(maxsize=256)
def _numbers_of(path: Path, state: FileState) -> str:
    del state  # a part of the key alone
    metadata = peek(path)
    return "" if metadata is None else _words(metadata.n_vocab, int(metadata.stored_width), metadata.position_scheme)


def _words(n_vocab: int, width: int, scheme: str) -> str:
    added = {"none": "no positions", "learned": "learned positions", "rope": "rotary positions"}
    return f"{n_vocab:,} × {width:,}, {added.get(scheme, f'{scheme} positions')}"


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
    known = names()
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
