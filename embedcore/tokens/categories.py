"""Which rows of a table can any text reach? Every token is encoded, alone and then beside other text.

The categories are those of Land & Bartolo 2024 ("Fishing for Magikarp", arXiv 2405.05417), who try each token alone;
here what fails alone is tried beside other characters as well (see `witnesses`); and rows without a token.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from embedcore.errors import ShapeError, TokenizationError
from embedcore.tokens.tokenizer import Tokenizer
from embedcore.tokens.witnesses import witness
from embedcore.values import ByContent

# Codes are the indices of these names.
CATEGORIES: Final = ("reachable", "not alone", "no text found", "partial UTF-8", "special", "gap")
REACHABLE, NOT_ALONE, NO_TEXT_FOUND, PARTIAL, SPECIAL, GAP = range(len(CATEGORIES))

# Two leads that could only begin an overlong form, and all leads of characters beyond U+10FFFF (RFC 3629, section 1).
NEVER_IN_UTF8: Final = (0xC0, 0xC1, *range(0xF5, 0x100))
_IMPOSSIBLE: Final = frozenset(bytes((byte,)) for byte in NEVER_IN_UTF8)


@dataclass(frozen=True, slots=True, eq=False)
class TokenCategories(ByContent):
    """The category of each row of a table, as codes: indices into `names`.

    `witnesses` gives, by id, a text that is cut into ids of which one is this: for every row that is "not alone", and
    for every row of "partial UTF-8" where such a text was found.
    """

    codes: UInt8[np.ndarray, " n_rows"]
    names: tuple[str, ...] = CATEGORIES
    witnesses: Mapping[int, str] = field(default_factory=dict)

    def counts(self) -> Int64[np.ndarray, " n_categories"]:
        """Return how many rows each category has, in the order of `names`."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.int64)

    def is_in(self, name: str) -> Bool[np.ndarray, " n_rows"]:
        """Return which rows are in the category `name`; "all" has every row. Raises ShapeError for another name."""
        if name == "all":
            return np.ones(len(self.codes), bool)
        mask = np.zeros(len(self.codes), bool)
        mask[self.rows(name)] = True
        return mask

    def rows(self, name: str) -> Int64[np.ndarray, " n"]:
        """Return the rows of the category `name`, ascending. Raises ShapeError if there is no such category."""
        if name not in self.names:
            msg = f"there is no category {name!r}; there are {', '.join(self.names)}"
            raise ShapeError(msg)
        return np.flatnonzero(self.codes == self.names.index(name)).astype(np.int64)


def token_categories(tokenizer: Tokenizer, n_rows: int | None = None) -> TokenCategories:
    """Sort each of `n_rows` ≥ 1 rows (as many as the vocabulary has, by default) into its category.

    "reachable": the token's text is cut into this token alone; "not alone": it is cut into others, but beside other
    characters it is this token; "no text found": no text that was tried is cut into it, which is no proof that none is;
    "partial UTF-8": bytes that are no whole characters by themselves, such as half of an emoji; "special": a token that
    ordinary text is never cut into; "gap": a row without a token, and every row past the vocabulary.
    Raises ShapeError if n_rows < 1.

    >>> token_categories(get_tokenizer("gpt2")).counts()
    array([49912,     0,     0,   344,     1,     0])
    """
    n_rows = tokenizer.n_vocab if n_rows is None else n_rows
    if n_rows < 1:
        msg = f"a table of {n_rows} rows has nothing to sort: give 1 or more"
        raise ShapeError(msg)
    codes = np.full(max(n_rows, tokenizer.n_vocab), GAP, np.uint8)
    # One call for each token: tiktoken's batch call hands each text to a thread, which takes 7 to 25 times as long.
    for token, token_id in tokenizer.ordinary:
        codes[token_id] = _round_trip(tokenizer, token, token_id)
    codes[list(tokenizer.special_tokens.values())] = SPECIAL
    codes = codes[:n_rows]
    candidates = np.flatnonzero((codes == NO_TEXT_FOUND) | (codes == PARTIAL)).tolist()
    witnesses = {token_id: text for token_id in candidates if (text := witness(tokenizer, token_id)) is not None}
    codes[[token_id for token_id in witnesses if codes[token_id] == NO_TEXT_FOUND]] = NOT_ALONE
    codes.flags.writeable = False
    return TokenCategories(codes, witnesses=witnesses)


def known_unused(tokenizer: Tokenizer, n_rows: int | None = None) -> Int64[np.ndarray, " n"]:
    """Return the rows that no training text can have touched, ascending, whatever the text was.

    Gaps, and bytes that never occur in UTF-8 where such a byte is a token by itself. Rows past `n_rows` are left out.
    Other rows may be just as untouched; to know that takes the training text. Raises ShapeError if n_rows < 1.

    >>> known_unused(get_tokenizer("gpt2"))
    array([124, 125, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187])
    """
    n_rows = tokenizer.n_vocab if n_rows is None else n_rows
    if n_rows < 1:
        msg = f"a table of {n_rows} rows has no row to know: give 1 or more"
        raise ShapeError(msg)
    taken = np.zeros(max(n_rows, tokenizer.n_vocab), bool)
    taken[[token_id for _, token_id in tokenizer.ordinary]] = True
    taken[list(tokenizer.special_tokens.values())] = True
    impossible = [token_id for token, token_id in tokenizer.ordinary if token in _IMPOSSIBLE]
    taken[impossible] = False
    return np.flatnonzero(~taken[:n_rows]).astype(np.int64)


def _round_trip(tokenizer: Tokenizer, token: bytes, token_id: int) -> int:
    try:
        token_ids = tokenizer.encode_ids(token.decode())
    except UnicodeDecodeError:
        return PARTIAL
    except TokenizationError:  # a vocabulary that cannot cut its own token, as the toy cannot cut most text
        return NO_TEXT_FOUND
    return REACHABLE if token_ids == [token_id] else NO_TEXT_FOUND
