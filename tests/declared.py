"""What a test that holds for every scheme takes for those that it has no row for: what their own files declare."""

from collections.abc import Collection
from typing import Any

from embedcore.schemes import Scheme
from embedcore.schemes.declaration import CONTEXT_LENGTH, Knob, Place
from embedcore.schemes.registry import SCHEMES


def others(known: Collection[str], *, n_heads: int, context_length: int) -> dict[str, dict[str, Any]]:
    """Return the schemes that are not among the `known`, each with its parameters at their declared defaults."""
    return {
        name: defaults(name, n_heads=n_heads, context_length=context_length) for name in SCHEMES if name not in known
    }


def defaults(name: str, *, n_heads: int, context_length: int) -> dict[str, Any]:
    """Return the parameters that a scheme needs: heads as given, the others as declared.

    >>> defaults("deberta", n_heads=2, context_length=9)
    {'n_heads': 2, 'max_distance': 9, 'n_buckets': 0}
    """
    declared = SCHEMES[name]
    values = {one.name: one.default for one in declared.parameters_of(declared.chosen({}))}
    if "n_heads" in values:
        values["n_heads"] = n_heads
    return {
        parameter: context_length if value == CONTEXT_LENGTH else value
        for parameter, value in values.items()
        if value is not None
    }


def others_set(known: Collection[str], place: Place) -> dict[str, Scheme]:
    """Return the schemes that are not among the `known`, as the page has them before any knob is turned."""
    return {name: as_declared(name, place) for name in SCHEMES if name not in known}


def as_declared(name: str, place: Place) -> Scheme:
    """Return a scheme with every knob at its default.

    >>> as_declared("shaw", Place(d_model=8, context_length=9, n_heads=2)).max_distance
    16
    """
    declared = SCHEMES[name]
    plain = [knob for knob in declared.knobs if not knob.defaults]
    values = {knob.name: _default(knob, knob.default, place) for knob in plain}
    chosen = str(values.get(declared.chooser, ""))
    values |= {
        knob.name: _default(knob, knob.defaults[chosen], place) for knob in declared.knobs if chosen in knob.defaults
    }
    return declared.of_knobs(values, place, seed=123)


def _default(knob: Knob, value: Any, place: Place) -> Any:
    if value == CONTEXT_LENGTH:
        return place.context_length
    return knob.meanings[value] if knob.kind == "switch" else value
