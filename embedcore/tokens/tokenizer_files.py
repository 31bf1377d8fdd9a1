"""Files of tokenizers, opened by their paths: what each format is opened by."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from embedcore.errors import TokenizationError
from embedcore.tokens.encoding import Encoding
from embedcore.tokens.huggingface import encoding_from_json
from embedcore.tokens.tokenizer_json import LARGEST

# What opens a file's content, by how its name ends; the second argument is the name by which messages call it.
FORMATS: Final[Mapping[str, Callable[[bytes, str], Encoding]]] = {".json": encoding_from_json}


def is_path(name: str | Path) -> bool:
    """Return whether `name` is meant as the path of a file, and not as the name of a tokenizer."""
    return isinstance(name, Path) or Path(name).suffix in FORMATS or "/" in name or "\\" in name


def open_path(path: Path) -> Encoding:
    """Open the tokenizer file at `path`. Raises TokenizationError if it is missing, too large, or none that is read."""
    opener = FORMATS.get(path.suffix)
    if opener is None:
        msg = f"{path.name} is no file of a tokenizer: give the path of a file that ends in {' or '.join(FORMATS)}"
        raise TokenizationError(msg)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that cannot be
        msg = f"the tokenizer file {path} cannot be read ({getattr(error, 'strerror', None) or error}): check its path"
        raise TokenizationError(msg) from error
    return opener(content, path.name)
