"""The numbers of a rotary scheme: layout, base, and how its frequencies are stretched; checked in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import numpy as np

from embedcore.checks.sizes import (
    check_base,
    check_flag,
    check_least,
    check_number,
    check_size,
    check_whole,
    shown,
    unused_words,
)
from embedcore.errors import ShapeError
from embedcore.values import ByContent

PairLayout = Literal["half", "interleaved"]
Scaling = Literal["none", "linear", "ntk", "dynamic", "stepped", "yarn", "llama3", "longrope", "proportional"]
PAIR_LAYOUTS: Final[tuple[PairLayout, ...]] = get_args(PairLayout)

# What each scaling's graph takes besides `pairs`, in its order. `length` follows the sequence.
ARGUMENTS: Final[Mapping[Scaling, tuple[str, ...]]] = {
    "none": ("base",),
    "linear": ("base", "factor"),
    "ntk": ("base", "factor"),
    "dynamic": ("base", "factor", "original_length", "length"),
    "stepped": ("base", "original_length", "length"),
    "yarn": (
        "base", "factor", "original_length", "beta_fast", "beta_slow", "attention_factor", "is_truncated", "mscale",
        "mscale_all_dim",
    ),
    "llama3": ("base", "factor", "original_length", "low_frequency_factor", "high_frequency_factor"),
    "longrope": (
        "base", "factor", "original_length", "length", "short_factors", "long_factors", "attention_factor",
        "short_mscale", "long_mscale",
    ),
    "proportional": ("base", "factor", "proportion"),
}  # fmt: skip
SCALINGS: Final[tuple[Scaling, ...]] = tuple(ARGUMENTS)


# What a number is where it is not given, of those that not every scaling uses. The dataclass holds None for them.
DEFAULTS: Final[Mapping[str, Any]] = {
    "factor": 4.0,
    "original_length": 256,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "attention_factor": 0.0,
    "low_frequency_factor": 1.0,
    "high_frequency_factor": 4.0,
    "short_factors": (1.0,),
    "long_factors": (4.0,),
    "is_truncated": True,
    "mscale": 1.0,
    "mscale_all_dim": 0.0,
    "short_mscale": 0.0,
    "long_mscale": 0.0,
    "proportion": 0.25,
}
_OF_SCALING: Final[Mapping[tuple[Scaling, str], Any]] = {("proportional", "factor"): 1.0}  # and where it differs
# What came later, and so is left out of a file where it has its default: files without it are as they were.
LATER: Final = frozenset({"rotary_dim", "is_truncated", "mscale", "mscale_all_dim", "short_mscale", "long_mscale"})
_LATER_OF: Final = frozenset({("longrope", "attention_factor")})


@dataclass(frozen=True, slots=True, eq=False)
class RopeParameters(ByContent):
    """n_heads ≥ 1; base > 0; factor ≥ 1; original_length, the trained length, ≥ 1; the rest belongs to one scaling.

    `rotary_dim`: how many dimensions of a head turn, from the first on; 0 for all of them.
    A number that is not given is None, and `value` says what it then is. Raises ShapeError for one that is given and
    that the scaling does not use; `dataclasses.replace` with another scaling leaves out what that one does not use.
    `attention_factor` 0 takes the scaling's own, which `mscale` and `mscale_all_dim`, or `short_mscale` and
    `long_mscale` (0 for none), change. `short_factors`, `long_factors`: LongRoPE's divisors, one for
    each pair, or one for all pairs; each > 0. `proportion`: the share of the pairs that turns.
    """

    n_heads: int
    base: float = 10_000.0
    layout: PairLayout = "half"
    scaling: Scaling = "none"
    factor: float | None = None
    original_length: int | None = None
    beta_fast: float | None = None
    beta_slow: float | None = None
    attention_factor: float | None = None
    low_frequency_factor: float | None = None
    high_frequency_factor: float | None = None
    short_factors: Sequence[float] | None = None
    long_factors: Sequence[float] | None = None
    is_truncated: bool | None = None
    mscale: float | None = None
    mscale_all_dim: float | None = None
    short_mscale: float | None = None
    long_mscale: float | None = None
    proportion: float | None = None
    rotary_dim: int = 0
    # What was given when this was made. `dataclasses.replace` hands it on, and so tells the old numbers from new ones.
    given_: tuple[tuple[str, Any], ...] = field(default=(), repr=False, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        check_whole(n_heads=self.n_heads)
        object.__setattr__(self, "n_heads", int(self.n_heads))
        if self.scaling not in SCALINGS:
            return  # `check` refuses it
        before, used = dict(self.given_), ARGUMENTS[self.scaling]
        for name in (name for name in DEFAULTS if name not in used):
            value = getattr(self, name)
            if value is not None and value is not before.get(name):
                raise ShapeError(unused_words(name, f"scaling {self.scaling!r}", scalings_with(name)))
            object.__setattr__(self, name, None)
        given = tuple((name, getattr(self, name)) for name in DEFAULTS if getattr(self, name) is not None)
        object.__setattr__(self, "given_", given)

    def value(self, name: str) -> Any:
        """Return a number by its field's name, as it was given, or as it is where it was not."""
        value = getattr(self, name)
        return default(self.scaling, name) if value is None else value

    def n_pairs(self, head_dim: int) -> int:
        """Return how many pairs of a head turn."""
        return (self.rotary_dim or head_dim) // 2

    def hyperparameters(self) -> dict[str, Any]:
        """Return, as JSON values, what this scaling uses; what came later only where it is not its default."""
        used = [name for name in ARGUMENTS[self.scaling] if name != "length"]
        values = {name: self.value(name) for name in ("n_heads", "layout", "scaling", "rotary_dim", *used)}
        for name in optional(self.scaling):
            if values[name] == default(self.scaling, name):
                del values[name]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def arguments(self, head_dim: int) -> dict[str, bool | float | list[float]]:
        """Return the scaling graph's arguments by name, all but `pairs` and `length`."""
        values: dict[str, bool | float | list[float]] = {}
        for name in ARGUMENTS[self.scaling]:
            if name in ("short_factors", "long_factors"):
                factors = list(self.value(name))
                values[name] = factors * self.n_pairs(head_dim) if len(factors) == 1 else factors
            elif name == "is_truncated":
                values[name] = bool(self.value(name))
            elif name != "length":
                values[name] = float(self.value(name))
        return values

    def check(self, head_dim: int) -> None:
        """Raise ShapeError, with both numbers, where a number is out of its range or does not fit `head_dim`."""
        if self.layout not in PAIR_LAYOUTS or self.scaling not in SCALINGS:
            known = f"choose of {PAIR_LAYOUTS}, {SCALINGS}"
            msg = f"layout {self.layout!r} with scaling {self.scaling!r} is not known: {known}"
            raise ShapeError(msg)
        check_size(1, n_heads=self.n_heads)
        check_base(self.base)
        self._check_rotary_dim(head_dim)
        used = ARGUMENTS[self.scaling]
        if "factor" in used:
            check_least(1, factor=self.value("factor"))
        if "original_length" in used:
            check_least(2 if self.scaling == "longrope" else 1, original_length=self.value("original_length"))
        if self.scaling in ("ntk", "dynamic", "stepped") and self.n_pairs(head_dim) < 2:
            name, remedy = ("rotary_dim", "choose 4") if self.rotary_dim else ("head_dim", "choose fewer heads")
            if self.n_heads == 1:
                remedy = "choose a d_model of 4"
            msg = f"{name} is {self.rotary_dim or head_dim}, but the NTK-aware base needs 4 or more: {remedy}"
            raise ShapeError(msg)
        if self.scaling == "yarn":
            self._check_yarn()
        if self.scaling == "llama3":
            self._check_llama3()
        if self.scaling == "longrope":
            self._check_longrope(self.n_pairs(head_dim))
        if self.scaling == "proportional":
            self._check_proportion(self.n_pairs(head_dim))

    def _check_rotary_dim(self, head_dim: int) -> None:
        check_whole(rotary_dim=self.rotary_dim or 0)
        if self.rotary_dim and (self.rotary_dim % 2 or not 2 <= self.rotary_dim <= head_dim):
            msg = (
                f"rotary_dim is {self.rotary_dim}, but must be even, from 2 to {head_dim}, the width of a head, or 0 "
                "for the whole head"
            )
            raise ShapeError(msg)

    def _check_proportion(self, n_pairs: int) -> None:
        proportion = self.value("proportion")
        check_number(proportion=proportion)
        if not 1 <= proportion * n_pairs <= n_pairs:
            msg = (
                f"proportion is {proportion:g} of {n_pairs} pairs, but at least 1 pair must turn, and at most all: "
                f"choose {1 / n_pairs:g} to 1"
            )
            raise ShapeError(msg)

    def _check_llama3(self) -> None:
        low, high = self.value("low_frequency_factor"), self.value("high_frequency_factor")
        check_number(low_frequency_factor=low, high_frequency_factor=high)
        check_least(0, low_frequency_factor=low)
        if not low < high < float("inf"):
            msg = (
                f"low_frequency_factor is {low:g} and high_frequency_factor {high:g}, but the low one must be below "
                "the high one"
            )
            raise ShapeError(msg)

    def _check_yarn(self) -> None:
        check_flag(is_truncated=self.value("is_truncated"))
        mscale, over = self.value("mscale"), self.value("mscale_all_dim")
        check_least(0, attention_factor=self.value("attention_factor"), mscale=mscale, mscale_all_dim=over)
        self._check_one_factor("mscale")
        self._check_one_factor("mscale_all_dim")
        slow, fast = self.value("beta_slow"), self.value("beta_fast")
        check_number(beta_slow=slow, beta_fast=fast)
        if not 0 < slow < fast < float("inf"):
            msg = (
                f"beta_slow is {slow:g} and beta_fast {fast:g}, but the slow one must be above 0 and below the fast one"
            )
            raise ShapeError(msg)
        if self.base == 1:
            msg = "base is 1, but YaRN divides by its logarithm, which is 0: choose a base above 1"
            raise ShapeError(msg)

    def _check_one_factor(self, other: str) -> None:
        own, given = self.value("attention_factor"), getattr(self, other)
        if own > 0 and given is not None:
            msg = f"attention_factor is {own:g} and {other} {given:g}, but only one can hold: leave out the other"
            raise ShapeError(msg)

    def _check_longrope(self, n_pairs: int) -> None:
        for name in ("attention_factor", "short_mscale", "long_mscale"):
            check_least(0, **{name: self.value(name)})
        self._check_one_factor("short_mscale")
        self._check_one_factor("long_mscale")
        for name in ("short_factors", "long_factors"):
            factors = self.value(name)
            if not isinstance(factors, list | tuple | np.ndarray):
                msg = f"{name} are {shown(factors)}, but must be a list of numbers: write (1,) for all pairs"
                raise ShapeError(msg)
            check_number(**{f"{name}[{index}]": factor for index, factor in enumerate(factors)})
            if len(factors) not in (1, n_pairs):
                msg = (
                    f"{name} has {len(factors)} numbers, but the {n_pairs} pairs of a head need {n_pairs}, or 1 for all"
                )
                raise ShapeError(msg)
            if not all(0 < factor < float("inf") for factor in factors):
                msg = f"{name} holds {min(factors):g}, but each must be above 0 and finite"
                raise ShapeError(msg)


def default(scaling: Scaling, name: str) -> Any:
    """Return what a number is where it is not given; for `rotary_dim`, 0."""
    return _OF_SCALING.get((scaling, name), DEFAULTS.get(name, 0))


def optional(scaling: Scaling) -> tuple[str, ...]:
    """Return the numbers of a scaling that a file leaves out where they have their default."""
    used = (name for name in ARGUMENTS[scaling] if name in LATER or (scaling, name) in _LATER_OF)
    return ("rotary_dim", *used)


def scalings_with(name: str) -> tuple[Scaling, ...]:
    """Return the scalings that use a number that is not every scaling's, by its field's name."""
    return tuple(scaling for scaling, used in ARGUMENTS.items() if name in used and name in DEFAULTS)
