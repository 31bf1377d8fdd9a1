"""Byte-pair encodings by tiktoken: GPT-2's and its successors'."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from embedcore.tokens.encoding import Encoded
from embedcore.tokens.vocabularies import load_encoding

if TYPE_CHECKING:
    import tiktoken


class BytePairEncoding:
    """One of tiktoken's encodings: a token's id is the rank of its merge."""

    def __init__(self, encoding: "tiktoken.Encoding") -> None:
        self._encoding = encoding
        self.n_vocab = encoding.n_vocab
        self.merges: Mapping[bytes, int] | None = encoding._mergeable_ranks
        self.special_tokens: Mapping[str, int] = encoding._special_tokens

    @property
    def tokens(self) -> Iterable[tuple[bytes, int]]:
        """The ordinary tokens and their ids, by rank."""
        return (self.merges or {}).items()

    def encode(self, text: str, *, allow_special: bool) -> Encoded:
        """Cut any text; names of special tokens are plain text unless `allow_special`."""
        if allow_special:
            return Encoded(self._encoding.encode(text, allowed_special="all"))
        return Encoded(self._encoding.encode_ordinary(text))


def open_byte_pairs(name: str) -> BytePairEncoding:
    """Return tiktoken's encoding `name`, without any network. Raises TokenizationError if its file is damaged."""
    return BytePairEncoding(load_encoding(name))
