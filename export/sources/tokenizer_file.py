"""The tokenizer file that a reader names with --tokenizer: a tokenizer.json, or a SentencePiece model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from embedcore.files.plain import read_file
from embedcore.tokens.tokenizer_json import LARGEST
from export.sources.broken import broken
from export.sources.sentence_piece_tokenizer import sentence_piece_at

_SUFFIXES: Final = (".json", ".model")


def is_tokenizer_file(name: str) -> bool:
    """Return whether what a reader names is the path of a file, and not a built-in tokenizer."""
    return name.endswith(_SUFFIXES)


def tokenizer_file(path: Path, config: Mapping[str, Any]) -> bytes:
    """Return the bytes of a tokenizer.json for a tokenizer file; `config` is the model's config.json.

    Raises ModelFileError where there is no such file, or it cannot be read.
    """
    if path.suffix == ".model":
        return sentence_piece_at(path, config)
    try:
        return read_file(path, most=LARGEST)
    except FileNotFoundError as error:
        raise broken(path.name, "there is no such file", "check the path after --tokenizer") from error
