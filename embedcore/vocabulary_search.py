"""Find tokens in a whole vocabulary: by text, by bytes, by id."""

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Int64

from embedcore.errors import ShapeError, TokenizationError, UnknownTokenId
from embedcore.tokens import Tokenizer

SearchBy = Literal["text", "bytes", "id"]
_RANGE: Final = re.compile(r"(-?\d{1,18})\s*(?:(?:-|–|…|\.\.)\s*(\d{1,18}))?")
_HEXADECIMAL: Final = re.compile(r"[\s,]*(?:(?:\\x|0x)?[0-9a-f]{2}[\s,]*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VocabularyMatches:
    """Ids that match, an exact match first, then ascending; at most the limit of `n_matches` in all."""

    token_ids: Int64[np.ndarray, " n"]
    n_matches: int


def search_vocabulary(tokenizer: Tokenizer, query: str, *, by: SearchBy, limit: int = 1000) -> VocabularyMatches:
    r"""Search every token of the vocabulary for `query`.

    "text": tokens that contain it, as written (a leading space counts); "bytes": the same for hexadecimal bytes
    ("e2 80", `\xe2\x80`); "id": one id, or a range "100-120". Raises TokenizationError if bytes or ids cannot be
    read, UnknownTokenId if an id is outside the vocabulary, ShapeError if limit < 1.

    >>> search_vocabulary(get_tokenizer("gpt2"), " list", by="text").token_ids[0]   →   1351
    """
    if by not in get_args(SearchBy):
        msg = f"cannot search by {by!r}: choose one of {', '.join(get_args(SearchBy))}"
        raise TokenizationError(msg)
    if limit < 1:
        msg = f"limit is {limit}, but must be 1 or more"
        raise ShapeError(msg)
    if by == "id":
        found = _ids(tokenizer, query)
    else:
        needle = _hexadecimal(query) if by == "bytes" else _encoded(query)
        if not needle:
            return VocabularyMatches(np.zeros(0, np.int64), 0)
        special = ((name.encode(), token_id) for name, token_id in tokenizer.special_tokens.items())
        hits = [
            (token != needle, token_id)
            for token, token_id in chain(tokenizer.ranks.items(), special)
            if needle in token
        ]
        found = np.array([token_id for _, token_id in sorted(hits)], dtype=np.int64)
    return VocabularyMatches(found[:limit], len(found))


def _encoded(query: str) -> bytes:
    try:
        return query.encode()
    except UnicodeEncodeError as error:
        msg = f"character {error.start} of the search is half a character (a lone surrogate): remove it"
        raise TokenizationError(msg) from error


def _hexadecimal(query: str) -> bytes:
    if not _HEXADECIMAL.fullmatch(query):
        msg = f"{query[:40]!r} is no hexadecimal bytes: write two digits a byte, such as e2 80"
        raise TokenizationError(msg)
    return bytes.fromhex(re.sub(r"\\x|0x|[\s,]", "", query, flags=re.IGNORECASE))


def _ids(tokenizer: Tokenizer, query: str) -> Int64[np.ndarray, " n"]:
    if not query.strip():
        return np.zeros(0, np.int64)
    match = _RANGE.fullmatch(query.strip())
    if match is None:
        msg = f"{query[:40]!r} is no token id: write a whole number such as 262, or a range such as 100-120"
        raise TokenizationError(msg)
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    for token_id in (first, last):
        if not 0 <= token_id < tokenizer.n_vocab:
            msg = f"token id {token_id} is outside 0…{tokenizer.n_vocab - 1}, the vocabulary of {tokenizer.name}"
            raise UnknownTokenId(msg)
    if last < first:
        msg = f"the range {first}-{last} runs backward: write {last}-{first}"
        raise TokenizationError(msg)
    return np.arange(first, last + 1, dtype=np.int64)
