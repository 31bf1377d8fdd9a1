"""What a parameter of a link is: its kind, and which values a kind can have at all, read from an address and written into it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any, Final

from pages.shared import text_in_link

MAX_LINE: Final = 200
_MAX_PACKED: Final = 20_000


class Kind(Enum):
    """What the values of a parameter are, with the words for it in a notice."""

    CHOICE = "one of its choices"
    SEVERAL = "any of its choices"
    WHOLE = "a whole number"
    DECIMAL = "a number"
    SWITCH = "true or false"
    LINE = "a line"
    TEXT = "a text"
    INDEX = "a whole number from 0"
    NUMBERS = "up to 16 numbers with commas between them"
    BOX = "the number of a map and four whole numbers"
    IDS = "a set of tokens that this app packed"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a link can set.

    `pages` are the pages that have it. `default` is None where it depends on the model, the text or another parameter.
    `former` is the name that older links give it on these pages.
    """

    name: str
    kind: Kind
    pages: tuple[str, ...]
    default: Any = None
    former: str | None = None


_DECIMAL: Final = r"-?([0-9]{1,309}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][-+]?[0-9]{1,3})?"
_FORMS: Final[Mapping[Kind, str]] = {
    Kind.CHOICE: r".{1,200}",
    Kind.WHOLE: r"-?[0-9]{1,15}",
    Kind.DECIMAL: _DECIMAL,
    Kind.NUMBERS: rf"{_DECIMAL}(,{_DECIMAL}){{0,15}}",
    Kind.SWITCH: r"(?i:true|false)",
    Kind.LINE: rf"(?s:.{{0,{MAX_LINE}}})",
    Kind.INDEX: r"[0-9]{1,9}",
    Kind.BOX: r"[01](,-?[0-9]{1,9}){4}(,[0-9a-f]{1,64})?",
    Kind.IDS: rf".{{1,{_MAX_PACKED}}}",
}


def is_possible(kind: Kind, raw: str) -> bool:
    """Say whether `raw` has the form of a value of `kind`: a number is plain ASCII, finite, and of a size that fits."""
    if kind is Kind.SEVERAL:
        return True
    if kind is Kind.TEXT:
        return text_in_link.fault(raw) is None
    if re.fullmatch(_FORMS[kind], raw) is None:
        return False
    return kind not in {Kind.DECIMAL, Kind.NUMBERS} or all(isfinite(float(number)) for number in raw.split(","))


def value_of(kind: Kind, raw: Sequence[str]) -> Any:
    """Return what the possible values `raw` of one parameter mean to its control."""
    if kind is Kind.SEVERAL:
        return [part for part in raw if part]
    if kind is Kind.WHOLE or kind is Kind.INDEX:
        return int(raw[-1])
    if kind is Kind.DECIMAL:
        return float(raw[-1])
    if kind is Kind.NUMBERS:
        return tuple(float(number) for number in raw[-1].split(","))
    return raw[-1].lower() == "true" if kind is Kind.SWITCH else raw[-1]


def written(kind: Kind, value: Any) -> list[str]:
    """Return `value` as it stands in an address; `value_of` reads it back, to the bit."""
    if kind is Kind.SEVERAL:
        return [str(part) for part in value] or [""]
    if kind is Kind.SWITCH:
        return [str(bool(value)).lower()]
    if kind is Kind.DECIMAL:
        return [_written_number(value)]
    if kind is Kind.NUMBERS:
        return [",".join(map(_written_number, value))]
    return [str(value)]


def _written_number(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
