"""Knobs of positional schemes that a link sets and that nothing on the page uses: the page says which scheme would use them."""

from collections.abc import Collection, Mapping
from typing import Final

from embedcore.schemes.declaration import Declaration
from embedcore.schemes.registry import SCHEMES
from pages.shared import links

# The parameters of each scheme's knobs in a link.
KNOBS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(knob.key for knob in scheme.knobs) for name, scheme in SCHEMES.items()
}


def tell_unused(names: Collection[str]) -> None:
    """Note who uses each knob of the schemes that are not among `names`, those that the reader compares."""
    for scheme, keys in KNOBS.items():
        for key in keys if scheme not in names else ():
            links.unused(key, f"belongs to {SCHEMES[scheme].title}, which is not among the schemes compared")


def tell_carried(name: str) -> None:
    """Note that no knob of a scheme is used while its numbers are those of the model's file."""
    for key in KNOBS[name]:
        links.unused(key, f"{SCHEMES[name].title} does not use while its numbers are those of the model's file")


def tell_not_chosen(declared: Declaration, chosen: str) -> None:
    """Note who uses each knob that the scheme does not use where its chooser has the value `chosen`."""
    for knob in declared.knobs:
        if knob.defaults and chosen not in knob.defaults:
            chooser = next(other.label for other in declared.knobs if other.name == declared.chooser).lower()
            links.unused(knob.key, f"belongs to the {chooser} {' or '.join(knob.defaults)}, and {chosen} is chosen")
