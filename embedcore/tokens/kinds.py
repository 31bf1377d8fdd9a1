"""What a token looks like: its script, first byte and length, by which a map of the vocabulary is colored."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from jaxtyping import Int16, UInt8, UInt16

from embedcore.tokens.tokenizer import Tokenizer

SCRIPTS: Final = (
    "Latin", "Cyrillic", "Greek", "CJK", "Kana", "Hangul", "Arabic", "Hebrew", "Devanagari", "other letter",
    "digits", "punctuation", "white space", "symbols", "bytes", "special", "gap",
)  # fmt: skip
_CODES: Final = {name: code for code, name in enumerate(SCRIPTS)}
# How the names of a script's letters begin, in Unicode's list of names.
_LETTERS: Final = {
    "LATIN": "Latin",
    "CYRILLIC": "Cyrillic",
    "GREEK": "Greek",
    "CJK": "CJK",
    "IDEOGRAPHIC": "CJK",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
    "HANGUL": "Hangul",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Devanagari",
}
_OTHERS: Final = {"N": "digits", "P": "punctuation", "Z": "white space"}


def scripts(tokenizer: Tokenizer, n_rows: int | None = None) -> tuple[UInt8[np.ndarray, " n_rows"], tuple[str, ...]]:
    """Return the script of each row's token as a code, and the names that codes are indices of.

    Here and below the table has `n_rows`, by default as many as the vocabulary; a row past that is a gap.

    The script is that of the token's first letter, as its Unicode name begins. Without a letter it is what its first
    visible character is: "digits" (any numeral), "punctuation" or "symbols" (marks, control and format characters count
    as these); "white space" where there is nothing else; "bytes" where they are no whole characters; "special"; "gap".

    >>> codes, names = scripts(get_tokenizer("gpt2"))
    >>> names[codes[262]]  # " the"
    'Latin'
    """
    codes = np.full(_n_known(tokenizer, n_rows), _CODES["gap"], np.uint8)
    for token, token_id in tokenizer.ordinary:
        codes[token_id] = _CODES[_script(token)]
    codes[list(tokenizer.special_tokens.values())] = _CODES["special"]
    return codes[:n_rows], SCRIPTS


def first_bytes(tokenizer: Tokenizer, n_rows: int | None = None) -> Int16[np.ndarray, " n_rows"]:
    """Return the first byte of each token, 0…255; −1 for a gap.

    >>> first_bytes(get_tokenizer("gpt2"))[[262]]  # " the"
    array([32], dtype=int16)
    """
    first = np.full(_n_known(tokenizer, n_rows), -1, np.int16)
    for token, token_id in _all_tokens(tokenizer):
        first[token_id] = token[0]
    return first[:n_rows]


def lengths(tokenizer: Tokenizer, n_rows: int | None = None) -> UInt16[np.ndarray, " n_rows"]:
    """Return the length of each token in bytes; 0 for a gap.

    >>> lengths(get_tokenizer("gpt2"))[[262]]  # " the"
    array([4], dtype=uint16)
    """
    n_bytes = np.zeros(_n_known(tokenizer, n_rows), np.uint16)
    for token, token_id in _all_tokens(tokenizer):
        n_bytes[token_id] = len(token)
    return n_bytes[:n_rows]


def _n_known(tokenizer: Tokenizer, n_rows: int | None) -> int:
    """Return how many rows there are to fill: those of the vocabulary, and those of the table."""
    return max(tokenizer.n_vocab, n_rows or 0)


def _all_tokens(tokenizer: Tokenizer) -> Iterator[tuple[bytes, int]]:
    special = ((name.encode(), token_id) for name, token_id in tokenizer.special_tokens.items())
    return chain(tokenizer.ordinary, special)


def _script(token: bytes) -> str:
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return "bytes"
    for character in text:
        if character.isalpha():
            return _letter(character)
    for character in text:
        if not character.isspace():
            return _OTHERS.get(unicodedata.category(character)[0], "symbols")
    return "white space"


@lru_cache(maxsize=65_536)
def _letter(character: str) -> str:
    """Return the script of a letter; its name may first say how wide it is, as FULLWIDTH LATIN CAPITAL LETTER A."""
    words = unicodedata.name(character, "").split(" ")
    first = words[1] if words[0] in {"FULLWIDTH", "HALFWIDTH"} else words[0]
    return _LETTERS.get(first, "other letter")
