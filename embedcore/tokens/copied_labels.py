r"""A label as it is copied from a page → the token that it names: `␣list`, `⏎`, `\xe2\x80`, `5 ␣list`, `␣list (1351)`.

Beside the label may stand the token's place in a text, before it, and its id, after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from embedcore.tokens.labels import GAP, label_bytes
from embedcore.tokens.tokenizer import Tokenizer

_DIRECTIONS: Final = re.compile("[\u200e\u200f\u2060\u2066-\u2069]")  # what pages put around words of Arabic or Hebrew
_ID: Final = r"(\S+)(?:\s+(?:· )?\(?([0-9]{1,9})\)?)?"
_READINGS: Final = tuple(re.compile(place + _ID, re.ASCII) for place in (r"[0-9]{1,9}\s+", ""))


@dataclass(frozen=True, slots=True)
class Copied:
    """A label that was copied, `token` its bytes (None for a gap), `token_id` the id that stood beside it.

    `has_signs`: some of it is drawn or escaped, so it is no text as it stands. `is_alone`: nothing stood beside it.
    """

    label: str
    token: bytes | None
    token_id: int | None
    has_signs: bool
    is_alone: bool


def copied(text: str) -> Copied | None:
    """Return what `text` is as a copied label; None where it cannot be one, for labels have no white space.

    >>> copied("5 ␣list").token, copied("5 ␣list").is_alone
    (b' list', False)
    """
    return next(_readings(text), None)


def copied_id(text: str, tokenizer: Tokenizer) -> int | None:
    """Return the id of the token whose label `text` is; None where neither its signs nor the id beside it prove it.

    >>> copied_id("⏎", get_tokenizer("gpt2")), copied_id("list", get_tokenizer("gpt2"))
    (198, None)
    """
    for reading in _readings(text):
        token_id = _gap(reading.label, tokenizer) if reading.token is None else token_id_of(reading.token, tokenizer)
        is_sure = reading.has_signs if reading.token_id is None else reading.token_id == token_id
        if token_id is not None and is_sure:
            return token_id
    return None


def token_id_of(token: bytes, tokenizer: Tokenizer) -> int | None:
    """Return the id of the token, ordinary or special, that has these bytes."""
    token_id = tokenizer.ordinary_id(token)
    return tokenizer.special_tokens.get(token.decode("utf-8", "replace")) if token_id is None else token_id


def _readings(text: str) -> Iterator[Copied]:
    """Yield how `text` can be read: with a place before the label, without."""
    bare = _DIRECTIONS.sub("", text).strip()
    for pattern in _READINGS:
        match = pattern.fullmatch(bare)
        token = None if match is None else label_bytes(match[1])
        if match is not None and (token is not None or match[1].startswith(GAP)):
            has_signs = token is None or token != match[1].encode()
            yield Copied(match[1], token, None if match[2] is None else int(match[2]), has_signs, match[1] == bare)


def _gap(label: str, tokenizer: Tokenizer) -> int | None:
    row = label.removeprefix(GAP)
    is_gap = row.isdecimal() and int(row) < tokenizer.n_vocab and tokenizer.token_bytes(int(row)) is None
    return int(row) if is_gap else None
