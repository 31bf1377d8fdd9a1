"""How a tokenizer comes to one token; byte-pair encoding merges it, always the pair with the lowest rank first."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import TypeVar

from embedcore.checks.token_ids import as_id
from embedcore.errors import TokenizationError
from embedcore.tokens.merge_list import MergeList
from embedcore.tokens.tokenizer import Tokenization, Tokenizer

_Part = TypeVar("_Part", bound=Hashable)


class Origin(StrEnum):
    """What makes a token: merges, or what its tokenizer does instead."""

    MERGES = "merges"
    SYMBOL = "symbol"  # a byte or a character, from which merges start
    UNREACHED = "unreached"  # merges that start from its symbols do not come to it
    BYTE = "byte"  # of a character that is no token
    SPECIAL = "special"
    ADDED = "added"  # looked for as a whole, as special tokens are
    UNKNOWN = "unknown"  # stands for what is no token
    WORD_PIECE = "WordPiece"
    UNIGRAM = "Unigram"
    WORD = "WordLevel"
    LOOKED_UP = "looked up"  # by a family of which no more is known
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class MergeStep:
    """One merge: `merged` is the new part and `token_id` its id, `parts` what stands after it.

    `rank` is the place of the merge among all of them: lower was learned earlier. It is the id itself where the ids are
    in this order (`Tokenizer.merges`), or counts the merges of a tokenizer.json from 0.
    """

    merged: bytes
    rank: int
    parts: tuple[bytes, ...]
    token_id: int


@dataclass(frozen=True, slots=True)
class Building:
    """How one token comes about: `start` are the symbols that the merges `steps` begin with.

    `symbols` names them: "bytes" or "characters". `start` and `steps` are empty where there are no merges, or a
    character of the token is no symbol; for a token that is UNREACHED they end with several parts.
    """

    origin: Origin
    symbols: str = "bytes"
    start: tuple[bytes, ...] = ()
    steps: tuple[MergeStep, ...] = ()

    @property
    def parts(self) -> tuple[bytes, ...]:
        """What stands after the last merge."""
        return self.steps[-1].parts if self.steps else self.start


def building(tokenizer: Tokenizer, token_id: int) -> Building:
    """Return how `tokenizer` comes to `token_id`. Raises UnknownTokenId outside the vocabulary.

    Source: Sennrich et al. 2016, section 3.2; over bytes: Radford et al. 2019, section 2.2.

    >>> building(get_tokenizer("gpt2"), 262).start
    (b' ', b't', b'h', b'e')
    """
    token, token_id, algorithm = tokenizer.token_bytes(token_id), as_id(token_id), tokenizer.algorithm
    if token is None:
        return Building(Origin.GAP)
    if algorithm is not None and token_id == algorithm.unknown:
        return Building(Origin.UNKNOWN)
    if token_id in tokenizer.special_tokens.values():
        return Building(Origin.SPECIAL)
    if algorithm is not None and token_id in algorithm.added:
        return Building(Origin.ADDED)
    if tokenizer.merges is not None:
        return _by_ranks(tokenizer.merges, token)
    if algorithm is None:
        return Building(Origin.LOOKED_UP)
    if token_id in algorithm.byte_ids:
        return Building(Origin.BYTE)
    if algorithm.merges is None:
        return Building(Origin(algorithm.kind))
    return _by_list(tokenizer, algorithm.merges, token_id)


def merge_steps(tokenizer: Tokenizer, token_id: int) -> tuple[MergeStep, ...]:
    """Return the merges that build `token_id` from single bytes or characters, first to last.

    There are none for symbols, special and added tokens, gaps, tokens that no merges come to, and those of a tokenizer
    without merges; `building` says which. Raises UnknownTokenId outside the vocabulary.

    >>> [step.merged for step in merge_steps(get_tokenizer("gpt2"), 262)]
    [b' t', b'he', b' the']
    """
    built = building(tokenizer, token_id)
    return built.steps if built.origin is Origin.MERGES else ()


def is_taken_whole(
    tokenizer: Tokenizer, tokenization: Tokenization, index: int, *, allow_special: bool = False
) -> bool | None:
    """Return whether token `index` of a text was a word that the tokenizer takes as it is, without merges.

    None where that depends on the text, and the tokens are given ids that are not what their text is cut into.
    """
    try:
        words = tokenizer.whole_words(tokenization.text, allow_special=allow_special)
    except TokenizationError:
        return None
    if words is None:
        return False
    token_ids, is_whole = words
    return is_whole[index] if token_ids == tokenization.token_ids.tolist() else None


def _by_ranks(ranks: Mapping[bytes, int], token: bytes) -> Building:
    """Return how a token is built where the id of what two parts become is the rank of their merge."""

    def merge(left: bytes, right: bytes) -> tuple[int, bytes] | None:
        rank = ranks.get(left + right)
        return None if rank is None else (rank, left + right)

    start = tuple(token[place : place + 1] for place in range(len(token)))
    steps = tuple(MergeStep(part, rank, parts, rank) for rank, part, parts in _merged(start, merge))
    is_built = token in ranks and (steps[-1].parts if steps else start) == (token,)
    return Building(_origin(is_built=is_built, n_steps=len(steps)), "bytes", start, steps)


def _by_list(tokenizer: Tokenizer, merges: MergeList, token_id: int) -> Building:
    """Return how a token is built by a list of merges: from the first start that comes to it, or else the first one."""

    def as_bytes(ids: tuple[int, ...]) -> tuple[bytes, ...]:
        return tuple(tokenizer.token_bytes(each) or b"" for each in ids)

    first = None
    for start in merges.starts(token_id):
        steps = list(_merged(start, merges.merge))
        is_built = (steps[-1][2] if steps else start) == (token_id,)
        built = Building(
            _origin(is_built=is_built, n_steps=len(steps)),
            merges.symbols,
            as_bytes(start),
            tuple(MergeStep(as_bytes((made,))[0], rank, as_bytes(parts), made) for rank, made, parts in steps),
        )
        if is_built:
            return built
        first = first or built
    return first or Building(Origin.UNREACHED, merges.symbols)


def _merged(
    start: tuple[_Part, ...], merge: Callable[[_Part, _Part], tuple[int, _Part] | None]
) -> Iterator[tuple[int, _Part, tuple[_Part, ...]]]:
    """Yield each merge: its rank, what it makes, and what stands after it. Of equal ranks the first from the left."""
    merge, parts = cache(merge), start
    while True:
        merges = ((merge(*pair), place) for place, pair in enumerate(pairwise(parts)))
        first = min(((each[0], place, each[1]) for each, place in merges if each), default=None)
        if first is None:
            return
        rank, place, made = first
        parts = (*parts[:place], made, *parts[place + 2 :])
        yield rank, made, parts


def _origin(*, is_built: bool, n_steps: int) -> Origin:
    if not is_built:
        return Origin.UNREACHED
    return Origin.MERGES if n_steps else Origin.SYMBOL
