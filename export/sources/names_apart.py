"""Names of special tokens in a text: cut apart where the model would take one for the token itself.

SentencePiece looks up no special token in a text, where "<s>" is three characters; the models of `tokenizers` have one
list of pieces, with the special ones in it. A cut within the name keeps it from being found, and changes nothing else
where no other piece goes across the cut.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Final

_MOST_COMPARED: Final = 3_000_000  # pieces that are compared with names; in a real vocabulary some thousands


def cuts_of_names(
    names: Sequence[str], pieces: Sequence[str], *, fuses_unknown: bool
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the pre-tokenizer that cuts each name once, None for no names, and the names that cannot be cut.

    `pieces` are what a text may become; `fuses_unknown` says that unknown characters in a row are one token.
    """
    across = _by_pair(pieces, {pair for name in names for pair in _pairs(name)})
    known = {piece for piece in pieces if len(piece) == 1} if fuses_unknown else None
    cuts: dict[str, list[str]] = {}
    left: list[str] = []
    n_compared = 0
    for name in names:
        for place in range(1, len(name)):
            others = across[name[place - 1 : place + 1]]
            n_compared += len(others)
            if n_compared <= _MOST_COMPARED and _is_safe(name, place, others, known):
                cuts.setdefault(name[:place], []).append(name[place:])
                break
        else:
            left.append(name)
    return (_split(cuts) if cuts else None), left


def _pairs(text: str) -> Iterator[str]:
    return (text[place : place + 2] for place in range(len(text) - 1))


def _by_pair(pieces: Sequence[str], wanted: Set[str]) -> dict[str, set[str]]:
    """Return for each pair of characters that is wanted the pieces that have it."""
    having: dict[str, set[str]] = {pair: set() for pair in wanted}
    for piece in pieces:
        for pair in _pairs(piece):
            if pair in having:
                having[pair].add(piece)
    return having


def _is_safe(name: str, place: int, pieces: Set[str], known: Set[str] | None) -> bool:
    """Return whether no piece goes across a cut, and it parts no two unknown characters, which are one token."""
    if known is not None and not known & set(name[place - 1 : place + 1]):
        return False
    before, after = name[:place], name[place:]
    return not any(
        (piece[:at].endswith(before) or before.endswith(piece[:at]))
        and (piece[at:].startswith(after) or after.startswith(piece[at:]))
        for piece in pieces
        for at in range(1, len(piece))
    )


def _split(cuts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    branches = [f"{re.escape(before)}(?={'|'.join(map(re.escape, afters))})" for before, afters in cuts.items()]
    return {
        "type": "Split",
        "pattern": {"Regex": "|".join(branches)},
        "behavior": "MergedWithPrevious",
        "invert": False,
    }
