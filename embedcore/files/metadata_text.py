"""The values of a file's metadata as text, and back: whole numbers, texts, JSON lists and objects."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from embedcore.errors import ModelFileError
from embedcore.files.json_text import json_list, json_object

LARGEST_SIZE: Final = 2**31 - 1  # of n_vocab, d_model and context_length: what a tensor's axis takes everywhere
LARGEST_TEXT: Final = 2_000  # characters of a metadata text: every page shows some of them
LARGEST_JSON: Final = 1_000_000  # characters of a metadata object: a set of 200,000 ids takes 33,000
LARGEST_TOKENIZER: Final = 32_000_000  # characters of a packed tokenizer.json: that of 262,144 tokens takes 10,000,000


def to_text(value: Any) -> str:
    """Return a value of a file's metadata as text: whole numbers and texts as they are, all else as JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping | tuple) else str(value)


def from_text(key: str, text: Any, kind: Any, *, most: int | None = None) -> Any:
    """Return the value of kind int, str, tuple or mapping that `text` says, at most `most` characters long.

    Raises ModelFileError, which names `key`, where it says none.
    """
    if most is None:
        most = LARGEST_JSON if kind not in (int, str) else LARGEST_TEXT
    if not isinstance(text, str):  # protobuf gives bytes for a text field whose bytes are no UTF-8
        msg = f"metadata {key} is {bytes(text)[:20]!r}, which is no UTF-8 text: export the file again"
        raise ModelFileError(msg)
    if len(text) > most:
        msg = f"metadata {key} has {len(text):,} characters, and {most:,} is the most: export the file again"
        raise ModelFileError(msg)
    if kind is str:
        return text
    if kind is int:
        number = int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
        if number is None or not 1 <= number <= LARGEST_SIZE:
            msg = (
                f"metadata {key} is {text[:60]!r}, but must be 1 or more, at most {LARGEST_SIZE}: export the file again"
            )
            raise ModelFileError(msg)
        return number
    is_list = kind == tuple[Any, ...]
    try:
        return tuple(json_list(text)) if is_list else json_object(text)
    except ValueError as error:
        what = "list" if is_list else "object"
        msg = f"metadata {key} is {text[:60]!r}, which is no usable JSON {what} ({error}): export the file again"
        raise ModelFileError(msg) from error
