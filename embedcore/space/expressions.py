r"""A vector expression over tokens, such as ` king - man + woman`: text → weighted rows of the table.

Read by a grammar of its own, never evaluated:

    expression  =  [sign] term  { sign term }          at most 32 terms, 200 characters
    sign        =  "+" | "-" | "−"
    term        =  [number ("*" | "×")] token          number: 0.000001 to 1,000,000
    token       =  "…" or '…' | #1351 or id:1351 | word

A *word* runs to the next white space, sign or star. It is looked up with a space before it first, as it stands inside
a sentence, then without: `king` is the token " king" where that is one token, else "king" where that is one. A word
with a "␣" in it is taken exactly, its ␣ as spaces; one that is no token is read as the label that a page shows, such
as ⏎ or \xe2\x80. A text that is one label as a whole, with its place or id beside it or not, is that token alone.
*Quotes* are taken exactly, byte for byte, with the escapes \n \t \r \\ \" \' \xe2 (one byte) \u200b and \U0001f642 (a
character): `"king"` has no space, `"-"` is a hyphen. A number is a factor only before a star: `2*king`, but `2` is the
token " 2".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64, Int64

from embedcore.errors import ShapeError, TokenizationError, UnknownTokenId
from embedcore.tokens.copied_labels import copied_id, token_id_of
from embedcore.tokens.labels import SPACE, label_bytes, quoted, token_label
from embedcore.tokens.tokenizer import Tokenizer

MAX_CHARACTERS: Final = 200
MAX_TERMS: Final = 32
SMALLEST_FACTOR: Final = 1e-6
LARGEST_FACTOR: Final = 1e6
# What is left of weights that cancel, 0.1 + 0.2 − 0.3 say, is some roundings of 2**-53 ≈ 1e-16 of what was added.
_CANCELED: Final = 1e-12
_MOST_PIECES: Final = 6

_SIGNS: Final = {"+": 1.0, "-": -1.0, "−": -1.0}
_SPACES: Final = re.compile(r"\s*")
_FACTOR: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?\s*[*×]\s*", re.IGNORECASE)
ID: Final = re.compile(r"(?:#|id:)(?P<id>[0-9]+)(?=[\s+\-−*×]|$)")
_WORD: Final = re.compile(r"[^\s+\-−*×]+")
QUOTED: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_HEX: Final = "[0-9a-fA-F]"
_ESCAPE: Final = re.compile(rf"""\\(?:x({_HEX}{{2}})|u({_HEX}{{4}})|U({_HEX}{{8}})|([ntr\\"']))""")
_NAMED_ESCAPES: Final = {"n": b"\n", "t": b"\t", "r": b"\r", "\\": b"\\", '"': b'"', "'": b"'"}


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the table and its weight."""

    weight: float
    token_id: int


@dataclass(frozen=True, slots=True)
class Expression:
    """A weighted sum of rows. `label` is its one readable form, and parses to the same terms."""

    terms: tuple[Term, ...]
    text: str
    label: str

    @property
    def token_ids(self) -> Int64[np.ndarray, " n"]:
        """The distinct ids in the order in which they are written: what an answer leaves out."""
        return np.array(list(dict.fromkeys(term.token_id for term in self.terms)), dtype=np.int64)

    def vector(self, table: Float[np.ndarray, "n_vocab d_model"]) -> Float64[np.ndarray, " d_model"]:
        """Return the weighted sum of the rows of `table`, in float64.

        Raises ShapeError if the table has too few rows, or the terms cancel: a zero vector has no direction.
        """
        largest = max(term.token_id for term in self.terms)
        if largest >= len(table):
            msg = f"{self.label} needs row {largest}, but the table has {len(table)} rows: use the model's own table"
            raise ShapeError(msg)
        parts = np.array([term.weight for term in self.terms])[:, None] * table[
            [t.token_id for t in self.terms]
        ].astype(np.float64)
        total = parts.sum(axis=0)
        if (np.abs(total) <= _CANCELED * np.abs(parts).sum(axis=0)).all():
            msg = (
                f"the {len(self.terms)} terms of {self.label} cancel: a zero vector has no direction and no neighbors; "
                "leave one out, or change a factor"
            )
            raise ShapeError(msg)
        return total


def parse_expression(text: str, tokenizer: Tokenizer) -> Expression:
    """Read `text` by the grammar above.

    Raises TokenizationError, with the place (from 0), what was found and the remedy, if it does not parse, names what
    is not one token, or is too long; UnknownTokenId if an id is outside the vocabulary.

    >>> parse_expression(" king - man + woman", get_tokenizer("gpt2")).label
    '␣king − ␣man + ␣woman'
    """
    if len(text) > MAX_CHARACTERS:
        msg = f"the expression has {len(text):,} characters, and {MAX_CHARACTERS} is the most: leave some terms out"
        raise TokenizationError(msg)
    own = copied_id(text, tokenizer)  # the whole is one label, which may hold signs of its own
    terms = tuple(_terms(text, tokenizer)) if own is None else (Term(1.0, own),)
    if not terms:
        msg = "the expression is empty: write tokens and signs, such as ` king - man + woman`"
        raise TokenizationError(msg)
    if len(terms) > MAX_TERMS:
        msg = f"the expression has {len(terms)} terms, and {MAX_TERMS} is the most: leave some out"
        raise TokenizationError(msg)
    return Expression(terms, text, _label(terms, tokenizer))


def quote(token: bytes) -> str:
    r"""Return `token` as an expression reads it back, byte for byte.

    >>> quote(b" king"), quote(b"\xe2\x80")
    ('" king"', '"\\xe2\\x80"')
    """
    parts = []
    for character in token.decode("utf-8", "surrogateescape"):
        code = ord(character)
        if character in '"\\':
            parts.append("\\" + character)
        elif character == " " or (not 0xDC80 <= code <= 0xDCFF and token_label(character.encode()) == character):
            parts.append(character)
        else:  # what shows as nothing, or as part of a character
            parts += [f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape")]
    return '"' + "".join(parts) + '"'


def _terms(text: str, tokenizer: Tokenizer) -> Iterator[Term]:
    place = _after_spaces(text, 0)
    is_first = True
    while place < len(text):
        weight = _SIGNS.get(text[place])
        if weight is not None:
            place = _after_spaces(text, place + 1)
        elif is_first:
            weight = 1.0
        elif text[place] in "*×":
            shown = quoted(text[place])
            msg = f"{shown} at character {place} follows a token: a factor stands before it, such as 0.5*king"
            raise TokenizationError(msg)
        else:
            msg = (
                f"{_shown(text, place)} at character {place} follows a token without a sign: write + or - between "
                "them, or put one token that holds a space in quotes"
            )
            raise TokenizationError(msg)
        factor, place = _factor(text, place)
        token_id, place = _token(text, place, tokenizer)
        yield Term(weight * factor, token_id)
        place = _after_spaces(text, place)
        is_first = False


def _after_spaces(text: str, place: int) -> int:
    match = _SPACES.match(text, place)
    assert match is not None
    return match.end()


def _factor(text: str, place: int) -> tuple[float, int]:
    match = _FACTOR.match(text, place)
    if match is None:
        return 1.0, place
    number = match[1] + (match[2] or "")
    if not SMALLEST_FACTOR <= float(number) <= LARGEST_FACTOR:
        msg = (
            f"the factor {number[:24]} at character {place} is outside {SMALLEST_FACTOR:f}…{LARGEST_FACTOR:,.0f}: "
            "take another, or leave its term out"
        )
        raise TokenizationError(msg)
    return float(number), match.end()


def _token(text: str, place: int, tokenizer: Tokenizer) -> tuple[int, int]:
    """Return the id of the token that begins at `place`, and where it ends."""
    if place < len(text) and text[place] in "\"'":
        match = QUOTED.match(text, place)
        if match is None:
            msg = (
                f"the quote {text[place]} at character {place} is never closed: write another {text[place]} at its end"
            )
            raise TokenizationError(msg)
        token = _unescaped(match[0][1:-1], place + 1)
        token_id = token_id_of(token, tokenizer)
        if token_id is None:
            raise _no_token(token, place, tokenizer)
        return token_id, match.end()
    match = ID.match(text, place)
    if match is not None:
        token_id = int(match[1])
        if token_id >= tokenizer.n_vocab:
            msg = (
                f"token id {match[1][:24]} at character {place} is outside 0…{tokenizer.n_vocab - 1}, "
                f"the vocabulary of {tokenizer.name}"
            )
            raise UnknownTokenId(msg)
        return token_id, match.end()
    match = _WORD.match(text, place)
    if match is None:
        msg = (
            f"a token is expected at character {place}, but {_shown(text, place)} is there: write a word, "
            'or put a token such as "-" in quotes'
        )
        raise TokenizationError(msg)
    return _word(match[0], place, tokenizer), match.end()


def _word(word: str, place: int, tokenizer: Tokenizer) -> int:
    candidates = [] if SPACE in word else [_encoded(" " + word, place), _encoded(word, place)]
    candidates.append(label_bytes(word) or _encoded(word, place))
    for token in candidates:
        token_id = token_id_of(token, tokenizer)
        if token_id is not None:
            return token_id
    raise _no_token(candidates[0], place, tokenizer)


def _no_token(token: bytes, place: int, tokenizer: Tokenizer) -> TokenizationError:
    """Return the error that says which tokens `token` is instead of one."""
    label = token_label(token)
    remedy = 'write one token, put it in quotes with its exact spaces, such as "king", or give an id, such as #5'
    try:
        pieces = tokenizer.encode(token.decode()).token_bytes
    except (UnicodeDecodeError, TokenizationError):  # bytes that no text has; a word that the toy cannot cut
        pieces = ()
    if len(pieces) < 2:
        return TokenizationError(f"{quoted(label)} at character {place} is no token of {tokenizer.name}: {remedy}")
    listed = ", ".join(map(token_label, pieces[:_MOST_PIECES])) + (", …" if len(pieces) > _MOST_PIECES else "")
    return TokenizationError(
        f"{quoted(label)} at character {place} is {len(pieces)} tokens of {tokenizer.name} ({listed}): {remedy}"
    )


def _unescaped(text: str, place: int) -> bytes:
    parts, start = [], 0
    while start < len(text):
        if text[start] != "\\":
            parts.append(_encoded(text[start], place + start))
            start += 1
            continue
        match = _ESCAPE.match(text, start)
        code = int(match[2] or match[3] or "0", 16) if match is not None else 0
        if match is None or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            msg = (
                f"{quoted(text[start : start + 2])} at character {place + start} is no escape: there are \\n \\t \\r "
                "\\\\ \\\" \\' \\xe2 \\u200b \\U0001f642"
            )
            raise TokenizationError(msg)
        if match[1]:
            parts.append(bytes.fromhex(match[1]))
        else:
            parts.append(_NAMED_ESCAPES[match[4]] if match[4] else chr(code).encode())
        start = match.end()
    return b"".join(parts)


def _encoded(text: str, place: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        msg = f"half a character (a lone surrogate) stands at or after character {place}: remove it"
        raise TokenizationError(msg) from error


def _shown(text: str, place: int) -> str:
    return quoted(text[place:], most=24) if place < len(text) else "the end"


def _label(terms: tuple[Term, ...], tokenizer: Tokenizer) -> str:
    parts = []
    for index, term in enumerate(terms):
        sign = "−" if term.weight < 0 else "+"
        parts += [sign] if index or term.weight < 0 else []
        size = abs(term.weight)
        parts += [] if size == 1 else [f"{size:.17g}" if float(f"{size:g}") != size else f"{size:g}", "×"]
        parts.append(_readable(term.token_id, tokenizer))
    return " ".join(parts)


def _readable(token_id: int, tokenizer: Tokenizer) -> str:
    """Return a token's label where the label alone says which token it is, otherwise its quoted bytes or its id."""
    token = tokenizer.row_bytes(token_id)
    if token is None:
        return f"#{token_id}"
    label = token_label(token)
    is_whole = token == label.replace(SPACE, " ").encode() and SPACE in label
    return label if is_whole and _WORD.fullmatch(label) else quote(token)
