"""The parameters of each positional scheme: which it uses, and their types and ranges in a model file."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from embedcore.checks.sizes import (
    DEFAULT_BIAS_MAX,
    check_base,
    check_bias_max,
    check_buckets,
    check_pairs,
    check_wave_layout,
    head_width,
    n_bert_rows,
    n_deberta_rows,
    n_shaw_rows,
    paired_head_width,
    unused_words,
)
from embedcore.contract import ModelMetadata
from embedcore.errors import ShapeError
from embedcore.schemes.rope_parameters import (
    ARGUMENTS,
    DEFAULTS,
    SCALINGS,
    RopeParameters,
    Scaling,
    optional,
    scalings_with,
)

Kind = type | tuple[type, ...]

NUMBER: Final = (int, float)
_HEADS: Final[Mapping[str, Kind]] = {"n_heads": int}
_DISTANCE: Final[Mapping[str, Kind]] = {**_HEADS, "max_distance": int}
# What each scheme uses; rope besides what its scaling uses, which `rope_parameters.ARGUMENTS` says.
OF_SCHEME: Final[Mapping[str, Mapping[str, Kind]]] = {
    "none": {},
    "learned": {},
    "sinusoidal": {"base": NUMBER},
    "shaw": _DISTANCE,
    "transformer-xl": {**_HEADS, "base": NUMBER},
    "bert-relative-key": _DISTANCE,
    "bert-relative-key-query": _DISTANCE,
    "deberta": {**_DISTANCE, "n_buckets": int},
    "t5": {**_DISTANCE, "n_buckets": int, "is_bidirectional": bool},
    "alibi": _HEADS,
    "rope": {**_HEADS, "base": NUMBER, "layout": str, "scaling": str},
}
# What a scheme uses besides, and a file leaves out where it has its default.
LATER: Final[Mapping[str, Mapping[str, Kind]]] = {
    "sinusoidal": {"wave_layout": str},
    "transformer-xl": {"wave_layout": str},
    "alibi": {"bias_max": NUMBER},
    "rope": {"rotary_dim": int},
}
# What need not be given where a layer is made: its module has a default for it.
_OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "sinusoidal": frozenset({"base", "wave_layout"}),
    "transformer-xl": frozenset({"base", "wave_layout"}),
    "deberta": frozenset({"n_buckets"}),
    "alibi": frozenset({"bias_max"}),
    "rope": frozenset({"base", "layout", "scaling", "rotary_dim", *DEFAULTS}),
}
# What an input layer of any scheme may have besides.
OF_LAYER: Final[Mapping[str, Kind]] = {"layer_norm_epsilon": NUMBER, "embedding_scale": NUMBER}
_OF_ROPE: Final[Mapping[str, Kind]] = {
    **OF_SCHEME["rope"],
    **LATER["rope"],
    "original_length": int,
    "short_factors": list,
    "long_factors": list,
    "is_truncated": bool,
}


def uses(scheme: str, scaling: str = "none") -> tuple[str, ...]:
    """Return the names of the parameters that a scheme uses, rope with one of its scalings.

    Raises ShapeError where there is no such scheme.

    >>> uses("deberta")
    ('n_heads', 'max_distance', 'n_buckets')
    """
    if scheme not in OF_SCHEME:
        msg = f"there is no scheme {str(scheme)[:60]!r}: choose one of the {len(OF_SCHEME)}, {', '.join(OF_SCHEME)}"
        raise ShapeError(msg)
    more = next((used for known, used in ARGUMENTS.items() if known == scaling), ()) if scheme == "rope" else ()
    own = (*OF_SCHEME[scheme], *LATER.get(scheme, ()))
    return tuple(dict.fromkeys((*own, *(name for name in more if name != "length"))))


def check_told(scheme: str, told: Mapping[str, Any]) -> None:
    """Raise ShapeError where one of the parameters `told` is none that `scheme` uses, or one that it needs is missing.

    The message names who uses what this scheme does not.
    """
    scaling = str(told.get("scaling", "none"))
    found = unused(scheme, scaling, {name: name for name in told})
    if found:
        raise ShapeError(". ".join(found))
    has_default = _OPTIONAL.get(scheme, frozenset())
    missing = [name for name in uses(scheme, scaling) if name not in told and name not in has_default]
    if missing:
        msg = f"{scheme} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not given"
        raise ShapeError(msg)


def unused(scheme: str, scaling: str, told: Mapping[str, str]) -> list[str]:
    """Return a sentence for each parameter of `told` that the scheme, rope with `scaling`, does not use.

    `told` are names, each with what the reader calls it: the option of a command, say.
    """
    used = uses(scheme, scaling)
    return [_unused(name, called, scheme, scaling) for name, called in told.items() if name not in used]


def _unused(name: str, called: str, scheme: str, scaling: str) -> str:
    schemes = [other for other in OF_SCHEME if name in OF_SCHEME[other] or name in LATER.get(other, ())]
    scalings = scalings_with(name)
    if not schemes and not scalings:
        known = ", ".join(uses(scheme, scaling)) or "none"
        return f"{called[:60]} is no parameter of any scheme: leave it out; {scheme} uses {known}"
    if not schemes and scheme == "rope":
        return unused_words(called, f"scaling {scaling!r}", scalings)
    return unused_words(called, scheme, schemes or [f"rope with scaling {' or '.join(scalings)}"])


def parameter_breaches(metadata: ModelMetadata) -> list[str]:
    """Return, in one sentence, why the file's `position_parameters` do not make its scheme; nothing if they do."""
    scheme, parameters = metadata.position_scheme, metadata.position_parameters
    of_scheme = OF_SCHEME[scheme], LATER.get(scheme, {})
    needed, possible = _rope_kinds(parameters) if scheme == "rope" else of_scheme
    kinds = {**needed, **possible}
    known = {**kinds, **OF_LAYER}
    found = [f"{name!r} is missing" for name in needed if name not in parameters]
    found += [f"{name[:60]!r} is none of its own" for name in parameters if name not in known]
    found += [
        f"{name!r} is {str(parameters[name])[:60]}, not {_words(kind)}"
        for name, kind in known.items()
        if name in parameters and not _is(parameters[name], kind)
    ]
    if found:
        names = ", ".join(name[:60] for name in list(parameters)[:9]) or "none"
        return [
            f"it carries {len(parameters)} parameters, {names}, which do not make the scheme {scheme!r}: "
            + ", ".join(found[:9])
        ]
    try:
        _check_above_zero(**{name: parameters[name] for name in OF_LAYER if name in parameters})
        _check_scheme(metadata, {name: parameters[name] for name in kinds if name in parameters})
    except ShapeError as error:
        return [str(error)]
    return []


def _rope_kinds(parameters: Mapping[str, Any]) -> tuple[dict[str, Kind], dict[str, Kind]]:
    """Return the parameters that the file's own scaling needs, and those that it may have besides.

    They are those of no scaling where it names none that is known.
    """
    scaling = parameters.get("scaling")
    known: Scaling = next((name for name in SCALINGS if name == scaling), "none")
    needed = RopeParameters(n_heads=1, scaling=known).hyperparameters()
    of_names = [
        {field.name: _OF_ROPE.get(field.name, NUMBER) for field in fields(RopeParameters) if field.name in names}
        for names in (needed, optional(known))
    ]
    return of_names[0], of_names[1]


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
    head_dim = head_width(metadata.d_model, own.get("n_heads", 1))
    match metadata.position_scheme:
        case "sinusoidal":
            check_pairs(metadata.d_model)
            check_base(own["base"])
            check_wave_layout(own.get("wave_layout", "interleaved"))
        case "transformer-xl":
            paired_head_width(metadata.d_model, own["n_heads"])
            check_base(own["base"])
            check_wave_layout(own.get("wave_layout", "interleaved"))
        case "shaw":
            n_shaw_rows(own["max_distance"])
        case "bert-relative-key" | "bert-relative-key-query":
            n_bert_rows(own["max_distance"])
        case "deberta":
            n_deberta_rows(own["max_distance"], own["n_buckets"])
        case "t5":
            check_buckets(own["n_buckets"], own["max_distance"], is_bidirectional=own["is_bidirectional"])
        case "alibi":
            check_bias_max(own.get("bias_max", DEFAULT_BIAS_MAX))
        case "rope":
            paired_head_width(metadata.d_model, own["n_heads"])
            RopeParameters(**own).check(head_dim)
