"""Text → Tokenization: which bytes became which token ids, with nothing lost."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedcore.checks.token_ids import as_id, one_row
from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.tokens.labels import quoted
from embedcore.tokens.vocabularies import FILES, load_encoding
from embedcore.values import ByContent

if TYPE_CHECKING:
    import tiktoken

# The six tokens of the book's 6 × 3 example, in the order of their ids: "fox jumps over dog" is [2, 3, 5, 1].
TOY_TOKENS: Final = (b" brown", b" dog", b"fox", b" jumps", b" lazy", b" over")
TOY: Final = "toy"
NAMES: Final = (*FILES, TOY)

# In a longer run of white space the pattern that tiktoken splits text by overflows its stack, which ends in a panic and
# no exception of ours (measured: 999,998 characters pass before another one, 999,999 do not; of other kinds a million
# pass). Half of that leaves room.
MAX_WHITE_SPACE: Final = 500_000
_WHITE_SPACE: Final = re.compile(
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)  # White_Space of Unicode
_LONE: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")


@dataclass(frozen=True, slots=True, eq=False)
class Tokenization(ByContent):
    """A text cut into tokens. `b"".join(token_bytes) == text.encode()`: lossless.

    `text` is the text that was given; a character that came as two halves (surrogates) stands there as itself.
    """

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

        A character that came as its two surrogates is mended, as tiktoken does it. Raises TokenizationError if the
        text holds half a character (a lone surrogate), over 500,000 characters of white space on end, or (toy) a word
        outside the vocabulary.

        >>> get_tokenizer("gpt2").encode("Hello, world").token_bytes
        (b'Hello', b',', b' world')
        """
        text = _checked_text(text)
        token_ids = np.array(self._encoding.encode(text, allow_special=allow_special), dtype=np.int64)
        return Tokenization(text, _read_only(token_ids), self._all_bytes(token_ids))

    def tokenization(self, token_ids: Any) -> Tokenization:
        r"""Return the Tokenization of given ids, one row of them; bytes that are no UTF-8 show as `\xe2` in its text.

        Ids are a list, a range, an array, a tensor, or anything that yields whole numbers. Raises UnknownTokenId if an
        id is no whole number, outside the vocabulary or a gap, or if bytes or a text are given; ShapeError if they are
        more than one row.
        """
        ids = self._checked(token_ids)
        token_bytes = self._all_bytes(ids)
        return Tokenization(b"".join(token_bytes).decode("utf-8", "backslashreplace"), _read_only(ids), token_bytes)

    def decode_bytes(self, token_ids: Any) -> bytes:
        """Return the bytes of one row of `token_ids`, joined. Takes and raises what `tokenization` does.

        >>> get_tokenizer("gpt2").decode_bytes([318, 588, 257])
        b' is like a'
        """
        return b"".join(self._all_bytes(self._checked(token_ids)))

    def token_bytes(self, token_id: Any) -> bytes | None:
        """Return the bytes of one token, or None for a gap. Raises UnknownTokenId outside 0…n_vocab − 1."""
        return self._bytes[self._in_range(token_id)]

    def _all_bytes(self, token_ids: np.ndarray) -> tuple[bytes, ...]:
        return tuple(self._bytes[token_id] or b"" for token_id in token_ids.tolist())

    def _checked(self, token_ids: Any) -> Int64[np.ndarray, " n_tokens"]:
        if not isinstance(token_ids, Iterable) and not hasattr(token_ids, "__array__"):
            msg = f"token ids are expected in a row, such as [262], not {token_ids!r}: put them in a list"
            raise UnknownTokenId(msg)
        ids = one_row(token_ids)
        for token_id in ids.tolist():
            if self._bytes[self._in_range(token_id)] is None:
                msg = f"token id {token_id} is a gap in {self.name}: its row exists, but no text ever becomes it"
                raise UnknownTokenId(msg)
        return ids

    def _in_range(self, token_id: Any) -> int:
        found = as_id(token_id)
        if not 0 <= found < self.n_vocab:
            msg = f"token id {found} is outside 0…{self.n_vocab - 1}, the vocabulary of {self.name}"
            raise UnknownTokenId(msg)
        return found


@cache
def get_tokenizer(name: str) -> Tokenizer:
    """Return the tokenizer `name`, one of `NAMES`, without any network.

    Raises TokenizationError if the name is unknown or its vocabulary is damaged.

    >>> get_tokenizer("gpt2").n_vocab
    50257
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
                    f"{quoted(text[end:], most=12)} at character {end} is none of the toy's {self.n_vocab} tokens "
                    f"({words}): write “fox jumps over dog”, or choose another model"
                )
                raise TokenizationError(msg)
            token_ids.append(self.ranks[match.group().encode()])
            end = match.end()
        return token_ids


def _checked_text(text: str) -> str:
    """Return `text` with characters that came as two surrogates mended."""
    if not isinstance(text, str):
        msg = f"a text is expected, not {type(text).__name__}: decode bytes first"
        raise TokenizationError(msg)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _mended(text)
    longest = max((len(run[0]) for run in _WHITE_SPACE.finditer(text)), default=0) if len(text) > MAX_WHITE_SPACE else 0
    if longest > MAX_WHITE_SPACE:
        msg = (
            f"the text has {longest:,} characters of white space on end; at most {MAX_WHITE_SPACE:,} can be cut into "
            "tokens: take some out, or encode the parts before and after by themselves"
        )
        raise TokenizationError(msg)
    return text


def _mended(text: str) -> str:
    lone = _LONE.search(text)
    if lone is not None:
        msg = (
            f"character {lone.start()} of the text is a lone surrogate (U+{ord(lone[0]):04X}), half of a "
            "character that has no bytes: remove it, or paste the text again"
        )
        raise TokenizationError(msg)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
