"""The knobs of the positional schemes as parameters of a link, as the schemes' own files declare them."""

from collections.abc import Mapping
from typing import Any, Final

from embedcore.schemes.declaration import Knob
from embedcore.schemes.registry import SCHEMES
from pages.shared.parameter import Kind, Parameter

_KINDS: Final[Mapping[str, Kind]] = {
    "whole": Kind.WHOLE,
    "decimal": Kind.DECIMAL,
    "switch": Kind.SWITCH,
    "choice": Kind.CHOICE,
    "numbers": Kind.LINE,
}


def _parameter(knob: Knob) -> Parameter:
    default: Mapping[str, Any] = {} if knob.defaults else {"default": knob.default}  # else it follows the chooser
    return Parameter(knob.key, _KINDS[knob.kind], ("positions",), **default)


OF_SCHEMES: Final = tuple(_parameter(knob) for scheme in SCHEMES.values() for knob in scheme.knobs)
