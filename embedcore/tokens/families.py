"""The families of tokenizers. A new one is a file with an `Encoding`, and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from embedcore.errors import TokenizationError
from embedcore.tokens.byte_pairs import open_byte_pairs
from embedcore.tokens.encoding import Encoding
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
