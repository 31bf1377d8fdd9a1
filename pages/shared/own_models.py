"""The models that this reader brought: files in a private folder, known in this browser tab alone, and gone with it.

No name of one is in the catalog, so no other session, no link and no address of the server finds it.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import streamlit as st

from embedcore.errors import ModelFileError
from embedcore.model import catalog
from embedcore.model.file import read_model_file
from embedcore.model.own_models import OwnModels
from embedcore.tokens.tokenizer import NAMES
from pages.shared import services

SUMMARY: Final = "your own file, in this browser tab alone"
_MOST: Final = 4  # models of one reader
_LONGEST: Final = 40  # characters of a name
_NEXT: Final = "_own_model_to_open"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


def session() -> OwnModels:
    """Return what this session has; its folder is made when the reader first brings something."""
    st.session_state[services.BRINGS] = True
    return services.own_models()


def names() -> tuple[str, ...]:
    """Return the names of this session's own models."""
    return tuple(services.own_models().files) if services.BRINGS in st.session_state else ()


def is_converting() -> bool:
    """Say whether a file of this session's is being made."""
    return services.BRINGS in st.session_state and services.own_models().conversion is not None


def owns_map(file: Path) -> None:
    """Note that a map is made of one of this session's own models, where one is open: it goes with the session."""
    if services.is_own_open():
        services.own_models().maps.add(file)


def free_name(wanted: str) -> str:
    """Return a name for a model: `wanted` in letters that file names and code can hold, and no name that there is."""
    short = _NOT_IN_NAMES.sub("-", wanted).strip("-.")[:_LONGEST] or "model"
    taken = {*catalog.names(), *names()}
    candidates = (short, f"{short}-own", *(f"{short}-own-{number}" for number in range(2, _MOST + 2)))
    return next(name for name in candidates if name not in taken)


def check_room() -> None:
    """Raise ModelFileError where the session has as many models as it may."""
    if len(names()) >= _MOST:
        msg = f"{len(names())} files of your own are open, and {_MOST} is the most: close one of them first"
        raise ModelFileError(msg)


def take(name: str, file: Path) -> None:
    """Check a finished file and open it as `name` from now on.

    Raises ModelFileError as `read_model_file` does, and where the file has no tokenizer: one that names a path would have
    this server read what lies there.
    """
    metadata = read_model_file(file).metadata
    if not metadata.tokenizer_json and metadata.tokenizer not in NAMES:
        msg = (
            f"the model's tokenizer is {metadata.tokenizer[:60]!r}, and the files do not hold it: send its tokenizer.json "
            f"or tokenizer.model too, or name one of {', '.join(NAMES)}"
        )
        raise ModelFileError(msg)
    session().files[name] = file


def forget(name: str) -> None:
    """Remove one of this session's models and its file."""
    file = session().files.pop(name, None)
    if file is not None:
        with suppress(FileNotFoundError):
            file.unlink()
    if st.session_state.get("model") == name:
        st.session_state["model"] = catalog.names()[0]


def open_next(name: str) -> None:
    """Let the next run of the page open the model `name`."""
    st.session_state[_NEXT] = name


def open_what_is_next() -> None:
    """Open the model that `open_next` named: before the box is drawn that shows which one is open."""
    if (name := st.session_state.pop(_NEXT, None)) is not None:
        st.session_state["model"] = name
