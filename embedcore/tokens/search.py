"""Find tokens in a whole vocabulary: by text, by bytes, by regular expression, by id."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, get_args

import numpy as np
import regex  # type: ignore[import-untyped]
from jaxtyping import Int64

from embedcore.errors import ShapeError, TokenizationError, UnknownTokenId
from embedcore.tokens.copied_labels import copied, copied_id
from embedcore.tokens.labels import quoted
from embedcore.tokens.tokenizer import Tokenizer
from embedcore.values import ByContent

SearchBy = Literal["text", "bytes", "regex", "id"]
MAX_PATTERN: Final = 200  # characters
PATTERN_SECONDS: Final = 2.0  # 200,000 tokens take a simple pattern 0.3 s on two cores
_RANGE: Final = re.compile(r"(-?\d{1,18})\s*(?:(?:-|–|…|\.\.)\s*(\d{1,18}))?")
# WARNING: `regex` can stop a search, but not its own compiler, which copies what a count repeats: nested counts of
# 1,000 take all memory. So the product of the counts is limited, and what else could grow without end is left out.
_MOST_REPEATS: Final = 1_000
_ESCAPED: Final = re.compile(r"\\[pPN]\{[^{}]*\}|\\.", re.DOTALL)
_COUNT: Final = re.compile(r"\{([0-9]{0,9})(?:,([0-9]{0,9}))?\}")
_RECURSION: Final = re.compile(r"\(\?(?:R|&|P>|[-+]?[0-9])")
_HEXADECIMAL: Final = re.compile(r"[\s,]*(?:(?:\\x|0x)?[0-9a-f]{2}[\s,]*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class VocabularyMatches(ByContent):
    """The ids that match, up to the limit: exact matches first, then ascending. `n_matches` counts all of them."""

    token_ids: Int64[np.ndarray, " n"]
    n_matches: int


def search_vocabulary(tokenizer: Tokenizer, query: str, *, by: SearchBy, limit: int = 1000) -> VocabularyMatches:
    r"""Search every token of the vocabulary for `query`.

    "text": tokens that contain it, as written (a leading space counts); "bytes": the same for hexadecimal bytes
    ("e2 80", `\xe2\x80`); "regex": tokens in whose text a pattern (Python's syntax, and `\p{Han}`) is found,
    ascending; there bytes that are no whole character stand as four characters each, such as `\xe2` (so `^\\x` finds
    them); "id": one id, or a range "100-120".

    A label as a page shows it (`␣list`, `⏎`, `\xe2\x80`, with its place or id beside it: `5 ␣list`) finds its token in
    each of them; what the query says as it stands is found too, so nothing is lost where both mean something.

    Raises TokenizationError if bytes, pattern or ids cannot be read, or a pattern takes more than 2 seconds;
    UnknownTokenId if an id is outside the vocabulary, ShapeError if limit < 1.

    >>> search_vocabulary(get_tokenizer("gpt2"), " list", by="text").token_ids[:1]
    array([1351])
    """
    if by not in get_args(SearchBy):
        msg = f"cannot search by {by!r}: choose one of {', '.join(get_args(SearchBy))}"
        raise TokenizationError(msg)
    if limit < 1:
        msg = f"limit is {limit}, but must be 1 or more"
        raise ShapeError(msg)
    own = copied_id(query, tokenizer)
    try:
        if by == "id":
            token_ids = _ids(tokenizer, query)
        elif by == "regex":
            token_ids = _matching(tokenizer, query)
        else:
            token_ids = _with(tokenizer, [_hexadecimal(query)]) if by == "bytes" else _with_text(tokenizer, query)
    except TokenizationError:
        if own is None:
            raise
        token_ids = np.zeros(0, np.int64)
    if own is not None and own not in token_ids:
        token_ids = np.append(np.int64(own), token_ids)
    return VocabularyMatches(token_ids[:limit], len(token_ids))


def _with_text(tokenizer: Tokenizer, query: str) -> Int64[np.ndarray, " n"]:
    """Return the tokens that hold `query`, or what it is as a label; beside a label its place or id may stand."""
    literal, label = _encoded(query), copied(query)
    token = None if label is None else label.token
    if label is None or token is None:
        return _with(tokenizer, [literal])
    token_ids = _with(tokenizer, [literal, token] if label.has_signs and label.is_alone else [literal])
    return token_ids if len(token_ids) or label.is_alone else _with(tokenizer, [token])


def _with(tokenizer: Tokenizer, needles: Sequence[bytes]) -> Int64[np.ndarray, " n"]:
    """Return the tokens that hold one of `needles`; those that are one come first, then ascending."""
    hits = {
        (token != needle, token_id)
        for needle in needles
        if needle
        for token, token_id in _tokens(tokenizer)
        if needle in token
    }
    return np.array(list(dict.fromkeys(token_id for _, token_id in sorted(hits))), dtype=np.int64)


def _tokens(tokenizer: Tokenizer) -> Iterator[tuple[bytes, int]]:
    special = ((name.encode(), token_id) for name, token_id in tokenizer.special_tokens.items())
    return chain(tokenizer.ordinary, special)


def _matching(tokenizer: Tokenizer, query: str) -> Int64[np.ndarray, " n"]:
    if not query:
        return np.zeros(0, np.int64)
    pattern = _pattern(query)
    end = time.perf_counter() + PATTERN_SECONDS
    token_ids = []
    try:
        for token, token_id in _tokens(tokenizer):
            left = end - time.perf_counter()  # all tokens share one budget
            if left <= 0:
                raise _too_slow(query)
            if pattern.search(token.decode("utf-8", "backslashreplace"), timeout=left):
                token_ids.append(token_id)
    except TimeoutError as error:
        raise _too_slow(query) from error
    return np.array(sorted(token_ids), dtype=np.int64)


def _pattern(query: str) -> Any:
    """Return `query` as a compiled pattern whose size is bounded. Raises TokenizationError, with the place."""
    if len(query) > MAX_PATTERN:
        msg = f"the pattern has {len(query):,} characters, and {MAX_PATTERN} is the most: shorten it"
        raise TokenizationError(msg)
    _encoded(query)
    plain = _ESCAPED.sub(lambda match: "\\" * len(match[0]), query)  # the same places, without what is escaped
    recursion = _RECURSION.search(plain)
    if recursion is not None:
        msg = (
            f"{quoted(query[recursion.start() : recursion.end()])} at character {recursion.start()} lets the pattern "
            "call itself, which is not run here: write it out"
        )
        raise TokenizationError(msg)
    n_repeats = 1
    for brace in re.finditer(r"\{", plain):
        count = _COUNT.match(plain, brace.start())
        if count is None:
            msg = f"{{ at character {brace.start()} begins no count such as {{2,5}}: write \\{{ for the sign itself"
            raise TokenizationError(msg)
        n_repeats *= max(1, int(count[1] or 0), int(count[2] or 0))
        if n_repeats > _MOST_REPEATS:
            msg = (
                f"the counts up to {count[0]} at character {brace.start()} multiply to {n_repeats:,}, and "
                f"{_MOST_REPEATS:,} is the most: take smaller ones, or + or *"
            )
            raise TokenizationError(msg)
    try:
        return regex.compile(query, cache_pattern=False)
    except regex.error as error:
        place = "" if error.pos is None else f" at character {error.pos}"
        msg = f"the pattern cannot be read{place}: {error.msg}; write \\ before a sign that is meant as itself"
        raise TokenizationError(msg) from error
    except (RecursionError, OverflowError, ValueError) as error:
        msg = f"the pattern is nested too deep or counts too far ({type(error).__name__}): make it simpler"
        raise TokenizationError(msg) from error


def _too_slow(query: str) -> TokenizationError:
    return TokenizationError(
        f"the pattern {quoted(query)} took more than {PATTERN_SECONDS:g} seconds and was stopped: "
        "make it simpler, with no repetition inside a repetition such as (a+)+"
    )


def _encoded(query: str) -> bytes:
    try:
        return query.encode()
    except UnicodeEncodeError as error:
        msg = f"character {error.start} of the search is half a character (a lone surrogate): remove it"
        raise TokenizationError(msg) from error


def _hexadecimal(query: str) -> bytes:
    if not _HEXADECIMAL.fullmatch(query):
        msg = f"{quoted(query)} is no hexadecimal bytes: write two digits a byte, such as e2 80"
        raise TokenizationError(msg)
    return bytes.fromhex(re.sub(r"\\x|0x|[\s,]", "", query, flags=re.IGNORECASE))


def _ids(tokenizer: Tokenizer, query: str) -> Int64[np.ndarray, " n"]:
    if not query.strip():
        return np.zeros(0, np.int64)
    match = _RANGE.fullmatch(query.strip())
    if match is None:
        msg = f"{quoted(query)} is no token id: write a whole number such as 262, or a range such as 100-120"
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
