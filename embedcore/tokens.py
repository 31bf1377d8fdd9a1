"""Text → Tokenization: which bytes became which token ids, with nothing lost."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.values import ByContent
from embedcore.vocabularies import FILES, load_encoding

if TYPE_CHECKING:
    import tiktoken

# The six tokens of the book's 6 × 3 example, in the order of their ids: "fox jumps over dog" is [2, 3, 5, 1].
TOY_TOKENS: Final = (b" brown", b" dog", b"fox", b" jumps", b" lazy", b" over")
TOY: Final = "toy"
NAMES: Final = (*FILES, TOY)

# Past some length of one unbroken run (measured: 100,000 pass, 1,000,000 spaces do not) the pattern that tiktoken
# splits text by overflows its stack, which ends in a panic and no exception of ours.
MAX_RUN: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Tokenization(ByContent):
    """A text cut into tokens. `b"".join(token_bytes) == text.encode()`: lossless."""

    text: str
    token_ids: Int64[np.ndarray, " n_tokens"]
    token_bytes: tuple[bytes, ...]


@runtime_checkable
class _Encoding(Protocol):
    """What a Tokenizer asks of tiktoken, or of the toy."""

    n_vocab: int
    ranks: Mapping[bytes, int]
    special_tokens: Mapping[str, int]

    def encode(self, text: str, *, allow_special: bool) -> list[int]: ...


class Tokenizer:
    """A vocabulary of byte strings, and how text is cut into them.

    `ranks` maps each ordinary token's bytes to its id (which is its merge rank); `special_tokens` maps names to ids;
    ids in neither are gaps: rows of the table that no text reaches.
    """

    def __init__(self, name: str, encoding: _Encoding) -> None:
        self.name = name
        self.n_vocab = encoding.n_vocab
        self.ranks = encoding.ranks
        self.special_tokens = encoding.special_tokens
        self._encoding = encoding
        self._bytes: list[bytes | None] = [None] * self.n_vocab
        for token, token_id in self.ranks.items():
            self._bytes[token_id] = token
        for special, token_id in self.special_tokens.items():
            self._bytes[token_id] = special.encode()

    def encode(self, text: str, *, allow_special: bool = False) -> Tokenization:
        """Cut `text` into tokens. Names of special tokens are plain text unless `allow_special`.

        Raises TokenizationError if the text holds a lone surrogate, a run of over 100,000 characters without a
        break, or (toy) a word outside the vocabulary.

        >>> get_tokenizer("gpt2").encode("Hello, world").token_bytes   →   (b'Hello', b',', b' world')
        """
        _check_text(text)
        token_ids = np.array(self._encoding.encode(text, allow_special=allow_special), dtype=np.int64)
        return Tokenization(text, _read_only(token_ids), self._all_bytes(token_ids))

    def tokenization(self, token_ids: Iterable[int]) -> Tokenization:
        r"""Return the Tokenization of given ids; bytes that are no UTF-8 show as `\xe2` in its text.

        Raises UnknownTokenId if an id is no whole number, outside the vocabulary or a gap.
        """
        if not isinstance(token_ids, Iterable):
            msg = f"token ids are expected in a row, such as [262], not {token_ids!r}: put them in a list"
            raise UnknownTokenId(msg)
        ids = np.array([self._checked(token_id) for token_id in token_ids], dtype=np.int64)
        token_bytes = self._all_bytes(ids)
        return Tokenization(b"".join(token_bytes).decode("utf-8", "backslashreplace"), _read_only(ids), token_bytes)

    def decode_bytes(self, token_ids: Iterable[int]) -> bytes:
        """Return the bytes of `token_ids`, joined. Raises UnknownTokenId as `tokenization` does."""
        return b"".join(self.tokenization(token_ids).token_bytes)

    def token_bytes(self, token_id: int) -> bytes | None:
        """Return the bytes of one token, or None for a gap. Raises UnknownTokenId outside 0…n_vocab − 1."""
        self._check_range(token_id)
        return self._bytes[token_id]

    def _all_bytes(self, token_ids: np.ndarray) -> tuple[bytes, ...]:
        return tuple(self._bytes[token_id] or b"" for token_id in token_ids.tolist())

    def _checked(self, token_id: Any) -> int:
        self._check_range(token_id)
        if self._bytes[token_id] is None:
            msg = f"token id {token_id} is a gap in {self.name}: its row exists, but no text ever becomes it"
            raise UnknownTokenId(msg)
        return int(token_id)

    def _check_range(self, token_id: Any) -> None:
        if isinstance(token_id, bool) or not isinstance(token_id, int | np.integer):
            msg = f"token id {token_id!r} is no whole number: ids run 0…{self.n_vocab - 1} in {self.name}"
            raise UnknownTokenId(msg)
        if not 0 <= token_id < self.n_vocab:
            msg = f"token id {token_id} is outside 0…{self.n_vocab - 1}, the vocabulary of {self.name}"
            raise UnknownTokenId(msg)


@cache
def get_tokenizer(name: str) -> Tokenizer:
    """Return the tokenizer `name`, one of `NAMES`, without any network.

    Raises TokenizationError if the name is unknown or its vocabulary is damaged.

    >>> get_tokenizer("gpt2").n_vocab   →   50257
    """
    if name == TOY:
        return Tokenizer(TOY, _ToyEncoding())
    if name not in FILES:
        msg = f"there is no tokenizer {name!r} here; there are {', '.join(NAMES)}"
        raise TokenizationError(msg)
    return Tokenizer(name, _TiktokenEncoding(load_encoding(name)))


class _TiktokenEncoding:
    def __init__(self, encoding: "tiktoken.Encoding") -> None:
        self._encoding = encoding
        self.n_vocab = encoding.n_vocab
        self.ranks: Mapping[bytes, int] = encoding._mergeable_ranks
        self.special_tokens: Mapping[str, int] = encoding._special_tokens

    def encode(self, text: str, *, allow_special: bool) -> list[int]:
        if allow_special:
            return self._encoding.encode(text, allowed_special="all")
        return self._encoding.encode_ordinary(text)


class _ToyEncoding:
    n_vocab = len(TOY_TOKENS)
    ranks: Mapping[bytes, int] = {token: token_id for token_id, token in enumerate(TOY_TOKENS)}
    special_tokens: Mapping[str, int] = {}
    _pattern = re.compile("|".join(re.escape(token.decode()) for token in TOY_TOKENS))

    def encode(self, text: str, *, allow_special: bool) -> list[int]:
        del allow_special  # the toy has no special tokens
        token_ids, end = [], 0
        while end < len(text):
            match = self._pattern.match(text, end)
            if match is None:
                words = ", ".join(repr(token.decode()) for token in TOY_TOKENS)
                msg = (
                    f"{text[end : end + 12]!r} at character {end} is none of the toy's {self.n_vocab} tokens "
                    f"({words}): write “fox jumps over dog”, or choose another model"
                )
                raise TokenizationError(msg)
            token_ids.append(self.ranks[match.group().encode()])
            end = match.end()
        return token_ids


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        msg = f"a text is expected, not {type(text).__name__}: decode bytes first"
        raise TokenizationError(msg)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        msg = (
            f"character {error.start} of the text is a lone surrogate (U+{ord(text[error.start]):04X}), half of a "
            "character that has no bytes: remove it, or paste the text again"
        )
        raise TokenizationError(msg) from error
    longest = max((end - start for start, end in _runs(text)), default=0)
    if longest > MAX_RUN:
        msg = (
            f"the text has a run of {longest:,} characters (white space alone, or without any); at most "
            f"{MAX_RUN:,} can be cut into tokens: break it up"
        )
        raise TokenizationError(msg)


def _runs(text: str) -> Iterable[tuple[int, int]]:
    """Yield where runs of white space, or of none, begin and end; a short text has no run that matters."""
    if len(text) <= MAX_RUN:
        return ()
    return (match.span() for match in re.finditer(r"\s+|\S+", text))


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
