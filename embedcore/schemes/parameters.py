"""The parameters of each positional scheme: which it uses, and their types and ranges in a model file."""

from collections.abc import Mapping
from typing import Any, Final

from embedcore.checks.sizes import head_width, unused_words
from embedcore.contract import EMBEDDING_SCALE, LAYER_NORM_EPSILON, ModelMetadata
from embedcore.errors import ModelFileError, ShapeError
from embedcore.schemes.declaration import NUMBER, Declaration, Kind
from embedcore.schemes.registry import SCHEMES

# What an input layer of any scheme may have besides.
OF_LAYER: Final[Mapping[str, Kind]] = {LAYER_NORM_EPSILON: NUMBER, EMBEDDING_SCALE: NUMBER}


def uses(scheme: str, chosen: str = "") -> tuple[str, ...]:
    """Return the names of the parameters that a scheme uses where its chooser has the value `chosen`.

    Raises ShapeError where there is no such scheme.

    >>> uses("deberta")
    ('n_heads', 'max_distance', 'n_buckets')
    """
    return _scheme(scheme).uses(chosen)


def check_given(scheme: str, given: Mapping[str, Any]) -> None:
    """Raise ShapeError where one of the parameters `given` is none that `scheme` uses, or one that it needs is missing.

    The message names the schemes that use what this one does not.
    """
    declared = _scheme(scheme)
    chosen = declared.chosen(given)
    sentences = unused(scheme, chosen, {name: name for name in given})
    if sentences:
        raise ShapeError(". ".join(sentences))
    missing = [one.name for one in declared.parameters_of(chosen) if one.is_needed and one.name not in given]
    if missing:
        msg = f"{scheme} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not given"
        raise ShapeError(msg)


def unused(scheme: str, chosen: str, given: Mapping[str, str]) -> list[str]:
    """Return a sentence for each parameter of `given` that the scheme does not use, its chooser being `chosen`.

    `given` maps each name to what the reader calls it, for example the option of a command.
    """
    used = uses(scheme, chosen)
    return [_unused(name, called, scheme, chosen) for name, called in given.items() if name not in used]


def check_scheme_name(metadata: ModelMetadata) -> None:
    """Raise ModelFileError where a file's positional scheme is none that is known here."""
    if metadata.position_scheme not in SCHEMES:
        msg = f"positional scheme {metadata.position_scheme!r} is unknown; known are {', '.join(SCHEMES)}"
        raise ModelFileError(msg)


def _scheme(name: str) -> Declaration:
    if name not in SCHEMES:
        msg = f"there is no scheme {str(name)[:60]!r}: choose one of the {len(SCHEMES)}, {', '.join(SCHEMES)}"
        raise ShapeError(msg)
    return SCHEMES[name]


def _unused(name: str, called: str, scheme: str, chosen: str) -> str:
    always = [other for other, declared in SCHEMES.items() if name in declared.uses()]
    sometimes = [f"{other} with {SCHEMES[other].chooser} {' or '.join(users)}" for other, users in _users(name).items()]
    if not always and not sometimes:
        known = ", ".join(uses(scheme, chosen)) or "none"
        return f"{called[:60]} is no parameter of any scheme: leave it out; {scheme} uses {known}"
    if not always and scheme in _users(name):
        return unused_words(called, f"{SCHEMES[scheme].chooser} {chosen!r}", _users(name)[scheme])
    return unused_words(called, scheme, always or sometimes)


def _users(name: str) -> dict[str, tuple[str, ...]]:
    """Return each scheme that uses a parameter for some values of its chooser, with those values."""
    users = {
        scheme: tuple(
            dict.fromkeys(value for one in declared.parameters if one.name == name for value in one.used_with)
        )
        for scheme, declared in SCHEMES.items()
    }
    return {scheme: values for scheme, values in users.items() if values}


def parameter_breaches(metadata: ModelMetadata) -> list[str]:
    """Return, in one sentence, why the file's `position_parameters` do not make its scheme; nothing if they do."""
    scheme, parameters = metadata.position_scheme, metadata.position_parameters
    needed, possible = _kinds(SCHEMES[scheme], parameters)
    kinds = {**needed, **possible}
    known = {**kinds, **OF_LAYER}
    faults = [f"{name!r} is missing" for name in needed if name not in parameters]
    faults += [f"{name[:60]!r} is none of its own" for name in parameters if name not in known]
    faults += [
        f"{name!r} is {str(parameters[name])[:60]}, not {_words(kind)}"
        for name, kind in known.items()
        if name in parameters and not _is(parameters[name], kind)
    ]
    if faults:
        names = ", ".join(name[:60] for name in list(parameters)[:9]) or "none"
        return [
            f"it carries {len(parameters)} parameters, {names}, which do not make the scheme {scheme!r}: "
            + ", ".join(faults[:9])
        ]
    try:
        _check_above_zero(**{name: parameters[name] for name in OF_LAYER if name in parameters})
        _check_scheme(metadata, {name: parameters[name] for name in kinds if name in parameters})
    except ShapeError as error:
        return [str(error)]
    return []


def _kinds(declared: Declaration, parameters: Mapping[str, Any]) -> tuple[dict[str, Kind], dict[str, Kind]]:
    """Return the parameters that a file needs, and those that it may have besides, for the value of its chooser.

    They are those of the first value where it has none that is known.
    """
    chosen = parameters.get(declared.chooser)
    choices = next((one.choices for one in declared.parameters if one.name == declared.chooser), ())
    known = next((value for value in choices if value == chosen), choices[0] if choices else "")
    own = declared.parameters_of(known)
    return (
        {one.name: one.kind for one in own if not one.is_later},
        {one.name: one.kind for one in own if one.is_later},
    )


def _is(value: Any, kind: Kind) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if kind is list:
        return isinstance(value, list) and bool(value) and all(_is(inner, NUMBER) for inner in value)
    return isinstance(value, kind)


def _words(kind: Kind) -> str:
    words = {int: "a whole number", NUMBER: "a number", bool: "true or false", str: "a word", list: "a list of numbers"}
    return words[kind]


def _check_above_zero(**values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            msg = f"parameter {name!r} is {value!r}, not a number above 0"
            raise ShapeError(msg)


def _check_scheme(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    """Raise ShapeError where the numbers do not fit together, in the words of the scheme's own module."""
    metadata.check_heads()
    head_width(metadata.heads_width, own.get("n_heads", 1))
    check = SCHEMES[metadata.position_scheme].check
    if check is not None:
        check(metadata, own)
