"""A JSON object out of a file that may be anything: finite numbers, one value for each key, no deep nesting."""

import json
import math
from collections.abc import Callable
from typing import Any, Final

DEEPEST: Final = 32  # lists and objects inside one another; ours nest three deep
_LARGEST: Final = 2**63  # what the numpy and C code behind a page can hold as a whole number


def json_object(text: str | bytes, *, finite: bool = True) -> dict[str, Any]:
    """Return the JSON object in `text`.

    Raises ValueError, saying why, if it is no JSON, no object, names a key twice, nests more than 32 deep, or holds a
    whole number beyond 64 bits, or text that is no Unicode. So does a number that is not finite, unless `finite` is
    False: configurations of models say Infinity for no limit.
    """
    value = _read(text, _finite if finite else float)
    if not isinstance(value, dict):
        msg = "it must be a JSON object"
        raise ValueError(msg)  # noqa: TRY004 (what a reader sent, not what a programmer passed)
    return value


def json_list(text: str | bytes) -> list[Any]:
    """Return the JSON list in `text`. Raises ValueError as `json_object` does."""
    value = _read(text, _finite)
    if not isinstance(value, list):
        msg = "it must be a JSON list"
        raise ValueError(msg)  # noqa: TRY004 (what a reader sent, not what a programmer passed)
    return value


def _read(text: str | bytes, number: Callable[[str], float]) -> Any:
    try:
        value = json.loads(
            text, parse_constant=number, parse_float=number, parse_int=_whole, object_pairs_hook=_unrepeated
        )
    except RecursionError as error:
        msg = f"it nests more than {DEEPEST} deep"
        raise ValueError(msg) from error
    _check(value, DEEPEST)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = f"{text[:20]} is no finite number"
        raise ValueError(msg)
    return number


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >= _LARGEST:
        msg = f"{text[:20]}… has {len(text)} digits, and 64 bits is the most"
        raise ValueError(msg)
    return number


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        msg = "it names a key twice"
        raise ValueError(msg)
    return value


def _check(value: Any, depth: int) -> None:
    """Raise ValueError where a text has half of a character (a lone surrogate), or lists nest too deep."""
    if depth == 0:
        msg = f"it nests more than {DEEPEST} deep"
        raise ValueError(msg)
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, inner in value.items():
            key.encode()
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)
