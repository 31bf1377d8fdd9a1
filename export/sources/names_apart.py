"""Names of special tokens in a text: cut apart where the model would take one for the token itself.

SentencePiece looks up no special token in a text, where "<s>" is three characters; the models of `tokenizers` have one
list of pieces, with the special ones in it. A cut within the name keeps it from being found, and changes nothing else
where no other piece goes across the cut.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def cuts_of_names(
    names: Iterable[str], pieces: Sequence[str], *, fuses_unknown: bool
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the pre-tokenizer that cuts each name once, None for no names, and the names that cannot be cut.

    `pieces` are what a text may become; `fuses_unknown` says that unknown characters in a row are one token.
    """
    pairs: set[str] = set()
    for piece in pieces:
        pairs.update(piece[place : place + 2] for place in range(len(piece) - 1))
    known = {piece for piece in pieces if len(piece) == 1} if fuses_unknown else None
    cuts: dict[str, list[str]] = {}
    left: list[str] = []
    for name in names:
        place = next((place for place in range(1, len(name)) if _is_safe(name, place, pairs, pieces, known)), None)
        if place is None:
            left.append(name)
        else:
            cuts.setdefault(name[:place], []).append(name[place:])
    return (_split(cuts) if cuts else None), left


def _is_safe(name: str, place: int, pairs: set[str], pieces: Sequence[str], known: set[str] | None) -> bool:
    """Return whether no piece goes across a cut, and it parts no two unknown characters, which are one token."""
    if known is not None and known.isdisjoint(name[place - 1 : place + 1]):
        return False
    if name[place - 1 : place + 1] not in pairs:
        return True
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
