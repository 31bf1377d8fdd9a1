"""The parameters of rotary positions as options, and as knobs for a reader: each scaling uses some of them."""

from collections.abc import Mapping
from typing import Any, Final

from embedcore.checks.sizes import check_least
from embedcore.errors import ShapeError
from embedcore.schemes.declaration import CONTEXT_LENGTH, NUMBER, Kind, Knob, Parameter
from embedcore.schemes.relative import N_HEADS
from embedcore.schemes.rope_parameters import (
    ARGUMENTS,
    DEFAULTS,
    PAIR_LAYOUTS,
    SCALINGS,
    default,
    optional,
    scalings_with,
)
from embedcore.schemes.waves import BASE

_KINDS: Final[Mapping[str, Kind]] = {
    "original_length": int,
    "short_factors": list,
    "long_factors": list,
    "is_truncated": bool,
}
_OPTIONS: Final = {"is_truncated": "--rope-no-truncate"}
_HELP: Final = {
    "factor": "how many trained lengths the context has (4, or what follows from --rope-original-length)",
    "original_length": "the trained length (the context's length / factor)",
    "beta_fast": "yarn: pairs that turn this often in the trained length are kept (32)",
    "beta_slow": "yarn: pairs that turn only this often are stretched by the whole factor (1)",
    "attention_factor": "yarn and longrope: the factor on cosines and sines (0: what their formulas give)",
    "is_truncated": "yarn: the ramp begins and ends between pairs, as in GPT-OSS",
    "mscale": "yarn: how much the attention factor grows with the logarithm of the factor, as in DeepSeek (1)",
    "mscale_all_dim": "yarn: the same in the divisor of the attention factor, as in DeepSeek (0)",
    "low_frequency_factor": "llama3: waves that the trained length holds this often or less are stretched (1)",
    "high_frequency_factor": "llama3: waves that the trained length holds this often or more are kept (4)",
    "short_factors": "longrope: the divisors up to the trained length, one for each pair or for all pairs (1)",
    "long_factors": "longrope: the divisors beyond the trained length, one for each pair or for all pairs (the factor)",
    "short_mscale": "longrope: the attention factor up to the trained length",
    "long_mscale": "longrope: the attention factor beyond the trained length",
    "proportion": "proportional: the share of pairs that turns (0.25)",
}
PARAMETERS: Final = (
    N_HEADS,
    BASE,
    Parameter(
        "layout", str, "--rope-layout", "how the pairs lie in a head (half)", default="half", choices=PAIR_LAYOUTS
    ),
    Parameter(
        "scaling", str, "--rope-scaling", "how frequencies are stretched (none)", default="none", choices=SCALINGS
    ),
    Parameter("rotary_dim", int, "--rope-rotary-dim", "how many dimensions of a head turn (0: all)", is_later=True),
    *(
        Parameter(
            name,
            _KINDS.get(name, NUMBER),
            _OPTIONS.get(name, f"--rope-{name.replace('_', '-')}"),
            _HELP[name],
            is_later=name in optional(scaling),
            used_with=(scaling,),
        )
        for scaling in SCALINGS
        for name in ARGUMENTS[scaling]
        if name in DEFAULTS
    ),
)


def complete(given: Mapping[str, Any], context_length: int) -> Mapping[str, Any]:
    """Return the trained length, the factor and LongRoPE's divisors that follow from the options that are given.

    Raises ShapeError where the trained length alone is given, and is longer than the context.
    """
    scaling = given.get("scaling", "none")
    values: dict[str, Any] = {}
    if scaling in scalings_with("factor") and scaling != "proportional":  # whose factor stretches no trained length
        values = _lengths(given, context_length)
    if scaling == "stepped" and "original_length" not in given:
        values["original_length"] = max(1, context_length // 4)
    if "long_factors" not in given:
        values["long_factors"] = (values.get("factor"),)
    return values


def remark(given: Mapping[str, Any], context_length: int) -> str:
    """Return, in words, where a factor and a trained length do not make the context's length; nothing where they do."""
    factor, original_length = given.get("factor"), given.get("original_length")
    if factor is None or original_length is None or given.get("scaling") == "proportional":
        return ""
    if abs(factor * original_length - context_length) < max(factor, 1):
        return ""
    return (
        f"--rope-factor {factor:g} times --rope-original-length {original_length:,} is "
        f"{factor * original_length:,.0f}, but the context's length is {context_length:,}: the file has all three "
        "as they are given"
    )


def _lengths(given: Mapping[str, Any], context_length: int) -> dict[str, Any]:
    """Return the factor and the trained length; one that is not given follows from the other.

    Their product is the context's length, where not both are given.
    """
    factor, original_length = given.get("factor"), given.get("original_length")
    if original_length is None:
        factor = DEFAULTS["factor"] if factor is None else factor
        return {"factor": factor, "original_length": max(1, int(context_length / max(factor, 1)))}
    check_least(1, original_length=original_length)
    if factor is None and original_length > context_length:
        msg = (
            f"--rope-original-length is {original_length:,} and the context's length {context_length:,}, so that no "
            "factor of 1 or more follows: give --rope-factor too, 1 say"
        )
        raise ShapeError(msg)
    return {
        "factor": context_length / original_length if factor is None else factor,
        "original_length": original_length,
    }


def _decimal(name: str, label: str) -> Knob:
    return _of_scalings(Knob(name, f"rope_{name}", label, "decimal", DEFAULTS[name]))


def _of_scalings(knob: Knob) -> Knob:
    """Return the knob with its default in each scaling that uses it; some exclude each other, where they are given."""
    users = scalings_with(knob.name)
    return Knob(
        knob.name,
        knob.key,
        knob.label,
        knob.kind,
        knob.default,
        defaults={
            scaling: knob.default if knob.default == CONTEXT_LENGTH else default(scaling, knob.name)
            for scaling in users
        },
        optional_with=tuple(scaling for scaling in users if knob.name in optional(scaling)),
    )


KNOBS: Final = (
    Knob("base", "rope_base", "Base of the frequencies", "decimal", 10_000.0),
    Knob("layout", "layout", "Layout of the pairs", "choice", PAIR_LAYOUTS[0], choices=PAIR_LAYOUTS),
    Knob("rotary_dim", "rope_rotary_dim", "Rotated dimensions (0 for all)", "whole", 0),
    Knob("scaling", "scaling", "Extension", "choice", SCALINGS[0], choices=SCALINGS),
    _decimal("factor", "Extension factor"),
    _of_scalings(Knob("original_length", "rope_original_length", "Trained length", "whole", CONTEXT_LENGTH)),
    _decimal("beta_fast", "beta_fast (full turns)"),
    _decimal("beta_slow", "beta_slow (full turns)"),
    _decimal("low_frequency_factor", "low_frequency_factor"),
    _decimal("high_frequency_factor", "high_frequency_factor"),
    _of_scalings(Knob("short_factors", "rope_short_factors", "Short factors", "numbers", (1.0,))),
    _of_scalings(Knob("long_factors", "rope_long_factors", "Long factors", "numbers", (4.0,))),
    _decimal("attention_factor", "Attention factor (0 for the default)"),
    _of_scalings(Knob("is_truncated", "rope_is_truncated", "Ramp between whole pairs", "switch", default=True)),
    _decimal("mscale", "mscale"),
    _decimal("mscale_all_dim", "mscale_all_dim"),
    _decimal("short_mscale", "short_mscale (0 for none)"),
    _decimal("long_mscale", "long_mscale (0 for none)"),
    _decimal("proportion", "Proportion of rotated pairs"),
)
