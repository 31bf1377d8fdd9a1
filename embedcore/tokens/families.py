"""The families of tokenizers. A new one is a file with an `Encoding`, and one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedcore.errors import TokenizationError
from embedcore.tokens.byte_pairs import open_byte_pairs
from embedcore.tokens.encoding import Encoding
from embedcore.tokens.huggingface import encoding_from_json
from embedcore.tokens.tokenizer_json import LARGEST
from embedcore.tokens.toy import TOY, ToyEncoding
from embedcore.tokens.vocabularies import FILES


@dataclass(frozen=True, slots=True)
class Family:
    """The names that a family answers to, and how one of them is opened, without any network."""

    names: tuple[str, ...]
    open: Callable[[str], Encoding]


FAMILIES: Final[tuple[Family, ...]] = (
    Family(tuple(FILES), open_byte_pairs),
    Family((TOY,), lambda name: ToyEncoding()),
)


# What opens a file's content, by how its name ends; the second argument is the name by which messages call it.
FORMATS: Final[Mapping[str, Callable[[bytes, str], Encoding]]] = {".json": encoding_from_json}


def tokenizer_names() -> tuple[str, ...]:
    """Return the names of all tokenizers, in the order of their families."""
    return tuple(name for family in FAMILIES for name in family.names)


def open_encoding(name: str) -> Encoding:
    """Open the encoding `name`. Raises TokenizationError if no family has it, or its vocabulary is damaged."""
    for family in FAMILIES:
        if name in family.names:
            return family.open(name)
    msg = f"there is no tokenizer {name!r} here; there are {', '.join(tokenizer_names())}"
    raise TokenizationError(msg)


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
