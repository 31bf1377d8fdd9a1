"""Text → Tokenization: which bytes became which token ids, with nothing lost."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Int64

from embedcore.checks.token_ids import as_id, one_row
from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.files.state import FileState, file_state
from embedcore.tokens import families, toy
from embedcore.tokens.encoding import Encoding, Explained, Reader
from embedcore.tokens.given_text import checked_text
from embedcore.tokens.huggingface import encoding_from_json
from embedcore.tokens.labels import token_label
from embedcore.tokens.own_names import OwnNames
from embedcore.tokens.spans import byte_spans
from embedcore.tokens.tokenizer_files import is_path, open_path
from embedcore.values import ByContent

TOY_TOKENS: Final = toy.TOY_TOKENS
TOY: Final = toy.TOY
NAMES: Final = families.tokenizer_names()


@dataclass(frozen=True, slots=True, eq=False)
class Tokenization(ByContent):
    """A text cut into tokens. `b"".join(token_bytes) == text.encode()` where the encoding changes no text.

    `text` is the text that was given; a character that came as two halves (surrogates) stands there as itself.
    `spans[i]` is the half-open range of characters of `text` that token i covers; tokens that split a character each
    cover the whole of it.
    """

    text: str
    token_ids: Int64[np.ndarray, " n_tokens"]
    token_bytes: tuple[bytes, ...]
    spans: Int64[np.ndarray, "n_tokens 2"]


class Tokenizer:
    """A vocabulary of byte strings, and how text is cut into them; the same of every family of encodings.

    `special_tokens` maps names to ids. `merges` maps a token's bytes to its rank where the encoding merges byte pairs
    and a token's id is its rank, and is None elsewhere. `algorithm` says how the encoding comes to its tokens, and is
    None where it says no more than that. Ids of neither an ordinary nor a special token are gaps: rows of the table
    that no text reaches.
    """

    def __init__(self, name: str, encoding: Encoding) -> None:
        self.name = name
        self.n_vocab = encoding.n_vocab
        self.special_tokens = encoding.special_tokens
        self.merges = encoding.merges
        self.algorithm = encoding.algorithm if isinstance(encoding, Explained) else None
        self._encoding = encoding
        self._bytes: list[bytes | None] = [None] * self.n_vocab
        for token, token_id in self.ordinary:
            self._bytes[token_id] = token
        for special, token_id in self.special_tokens.items():
            if self._bytes[token_id] is None:  # o200k_harmony has two names for one id; the first is the one in use
                self._bytes[token_id] = special.encode()

    @property
    def ordinary(self) -> Iterable[tuple[bytes, int]]:
        """The bytes and the id of every ordinary token."""
        return self._encoding.tokens

    @cached_property
    def ranks(self) -> Mapping[bytes, int]:
        """The id of each ordinary token by its bytes; the first where several have the same. For this room alone."""
        if self.merges is not None:
            return self.merges
        ids: dict[bytes, int] = {}
        for token, token_id in self.ordinary:
            ids.setdefault(token, token_id)
        return ids

    def ordinary_id(self, token: bytes) -> int | None:
        """Return the id of the ordinary token that has these bytes; None if there is none.

        >>> get_tokenizer("gpt2").ordinary_id(b" list")
        1351
        """
        return self.ranks.get(token)

    @cached_property
    def fingerprint(self) -> str:
        """A sha256 of every id with its token, its kind and its rank, and of the rules by which a text is changed.

        Equal vocabularies that are read by equal rules share it.
        """
        digest = hashlib.sha256(f"{self.n_vocab}\n".encode())
        for kind, tokens in (
            ("ordinary", self.ordinary),
            ("special", ((name.encode(), token_id) for name, token_id in self.special_tokens.items())),
            ("merge", (self.merges or {}).items()),
        ):
            for token, number in sorted(tokens, key=lambda pair: (pair[1], pair[0])):
                digest.update(f"{kind} {number} {len(token)} ".encode() + token)
        if isinstance(self._encoding, Reader):
            digest.update(self._encoding.rules)
        return digest.hexdigest()

    def is_same(self, other: "Tokenizer") -> bool:
        """Return whether `other` has the same ids for the same tokens, whatever the two are called."""
        return self is other or self.fingerprint == other.fingerprint

    def encode(self, text: str, *, allow_special: bool = False) -> Tokenization:
        """Cut `text` into tokens. Names of special tokens are plain text unless `allow_special`.

        A character that came as its two surrogates is mended, as tiktoken does it. Raises TokenizationError if the
        text holds half a character (a lone surrogate), over 500,000 characters of white space on end, or (toy) a word
        outside the vocabulary.

        >>> get_tokenizer("gpt2").encode("Hello, world").token_bytes
        (b'Hello', b',', b' world')
        """
        text = checked_text(text)
        encoded = self._encoding.encode(text, allow_special=allow_special)
        token_ids = np.array(encoded.token_ids, dtype=np.int64)
        token_bytes = self._all_bytes(token_ids)
        spans = self._checked_spans(text, token_bytes, encoded.spans)
        return Tokenization(text, _read_only(token_ids), token_bytes, _read_only(spans))

    def encode_ids(self, text: str) -> list[int]:
        """Return the ids of `encode` alone, in a twentieth of its time: for those who cut every token of a vocabulary.

        Names of special tokens are plain text. Raises what `encode` raises.

        >>> get_tokenizer("gpt2").encode_ids("Hello, world")
        [15496, 11, 995]
        """
        return list(self._encoding.encode(checked_text(text), allow_special=False).token_ids)

    def tokenization(self, token_ids: Any) -> Tokenization:
        r"""Return the Tokenization of given ids, one row of them; bytes that are no UTF-8 show as `\xe2` in its text.

        Ids are a list, a range, an array, a tensor, or anything that yields whole numbers. Raises UnknownTokenId if an
        id is no whole number, outside the vocabulary or a gap, or if bytes or a text are given; ShapeError if they are
        more than one row.
        """
        ids = self._checked(token_ids)
        parts = self._joined(ids)
        text = b"".join(parts).decode("utf-8", "backslashreplace")
        return Tokenization(text, _read_only(ids), self._all_bytes(ids), _read_only(byte_spans(parts)))

    def decode_bytes(self, token_ids: Any) -> bytes:
        """Return the bytes of one row of `token_ids`, joined. Takes and raises what `tokenization` does.

        >>> get_tokenizer("gpt2").decode_bytes([318, 588, 257])
        b' is like a'
        """
        return b"".join(self._joined(self._checked(token_ids)))

    def normalized(self, text: str) -> str:
        """Return `text` as it is cut: in lower case, say, where the tokenizer knows no other; most change nothing.

        Raises TokenizationError if the text holds half a character.
        """
        text = checked_text(text)
        return self._encoding.normalized(text) if isinstance(self._encoding, Reader) else text

    def whole_words(self, text: str, *, allow_special: bool = False) -> tuple[list[int], list[bool]] | None:
        """Return the ids of `text`, and for each whether it was a word that is taken as it is, without merges.

        None where the tokenizer takes no words so. Raises what `encode` raises.
        """
        if self.algorithm is None or not self.algorithm.takes_words or not isinstance(self._encoding, Explained):
            return None
        return self._encoding.whole_words(checked_text(text), allow_special=allow_special)

    def token_bytes(self, token_id: Any) -> bytes | None:
        """Return the bytes of one token, or None for a gap. Raises UnknownTokenId outside 0…n_vocab − 1."""
        return self._bytes[self._in_range(token_id)]

    def label(self, row: int) -> str:
        """Return the label of a table's row ≥ 0: that of its token, or the sign of a gap, as past the vocabulary.

        >>> get_tokenizer("gpt2").label(1351), get_tokenizer("gpt2").label(50300)
        ('␣list', '∅50300')
        """
        return token_label(self.row_bytes(row), row)

    def row_bytes(self, row: int) -> bytes | None:
        """Return the bytes of the token of a table's row ≥ 0; None for a gap, as every row past the vocabulary is."""
        return self._bytes[row] if row < self.n_vocab else None

    def _checked_spans(
        self, text: str, token_bytes: tuple[bytes, ...], spans: np.ndarray | None
    ) -> Int64[np.ndarray, "n_tokens 2"]:
        """Return the spans that the encoding gave, or those that the bytes say. Raises where it broke its promise."""
        fault = ""
        if spans is None:
            if b"".join(token_bytes) == text.encode():
                return byte_spans(token_bytes)
            fault = "it gives no spans, though its bytes are not those of the text"
        elif spans.shape != (len(token_bytes), 2):
            fault = f"its spans are {list(spans.shape)}, not [{len(token_bytes)}, 2]"
        elif ((spans < 0) | (spans > len(text))).any() or (spans[:, 0] > spans[:, 1]).any():
            fault = f"its spans leave the {len(text):,} characters of the text"
        if spans is None or fault:
            msg = f"the encoding of {self.name}: {fault}; report this, and choose another tokenizer"
            raise TokenizationError(msg)
        return spans.astype(np.int64)

    def _joined(self, token_ids: np.ndarray) -> tuple[bytes, ...]:
        """Return what each token adds to the text of all of them."""
        if isinstance(self._encoding, Reader):
            return self._encoding.joined(token_ids.tolist())
        return self._all_bytes(token_ids)

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
        whole_id = as_id(token_id)
        if not 0 <= whole_id < self.n_vocab:
            msg = f"token id {whole_id} is outside 0…{self.n_vocab - 1}, the vocabulary of {self.name}"
            raise UnknownTokenId(msg)
        return whole_id


def get_tokenizer(name: str | Path) -> Tokenizer:
    """Return the tokenizer `name`: one of `NAMES`, that of an open model's file, or the path of a tokenizer.json.

    There is no network. A file is read again when it has changed. Raises TokenizationError if the name is unknown,
    there is no such file, or its vocabulary is damaged.

    >>> get_tokenizer("gpt2").n_vocab
    50257
    """
    known = opened(str(name))
    if known is not None:
        return known
    if not is_path(name):
        families.open_encoding(str(name))  # which says what names there are
    path = Path(name)
    state = file_state(path)
    return _of_file(path, state) if state is not None else Tokenizer(path.name, open_path(path))


def tokenizer_from_json(content: bytes, name: str) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json's content. Raises TokenizationError if it is none.

    Its name is `name`, or one like it where another content has that name (see `own_names`); by this name
    `get_tokenizer` returns it while somebody holds it.
    """
    return _OWN.keep(content, name, lambda own: Tokenizer(own, encoding_from_json(content, f"the tokenizer {own}")))


def opened(name: str) -> Tokenizer | None:
    """Return the built-in tokenizer of this name, or the one that is open here by it; None for all else.

    No file is looked for: the name may come from a browser.
    """
    return _named(name) if name in families.tokenizer_names() else _OWN.get(name)


@cache
def _named(name: str) -> Tokenizer:
    return Tokenizer(name, families.open_encoding(name))


@lru_cache(maxsize=4)
def _of_file(path: Path, state: FileState) -> Tokenizer:
    del state  # part of the key alone: another state of the file is another tokenizer
    return Tokenizer(path.name, open_path(path))


_OWN: Final = OwnNames[Tokenizer](NAMES)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
