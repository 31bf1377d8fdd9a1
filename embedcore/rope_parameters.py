"""The numbers of a rotary scheme: layout, base, and how its frequencies are stretched; checked in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from embedcore.errors import ShapeError
from embedcore.sizes import check_base, check_least
from embedcore.values import ByContent

Layout = Literal["half", "interleaved"]
Scaling = Literal["none", "linear", "ntk", "dynamic", "yarn", "llama3", "longrope"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)

# What each scaling's graph takes besides `pairs`, in its order. `length` follows the sequence.
ARGUMENTS: Final[Mapping[Scaling, tuple[str, ...]]] = {
    "none": ("base",),
    "linear": ("base", "factor"),
    "ntk": ("base", "factor"),
    "dynamic": ("base", "factor", "original_length", "length"),
    "yarn": ("base", "factor", "original_length", "beta_fast", "beta_slow", "attention_factor"),
    "llama3": ("base", "factor", "original_length", "low_frequency_factor", "high_frequency_factor"),
    "longrope": ("base", "factor", "original_length", "length", "short_factors", "long_factors"),
}
SCALINGS: Final[tuple[Scaling, ...]] = tuple(ARGUMENTS)


@dataclass(frozen=True, slots=True, eq=False)
class RopeParameters(ByContent):
    """n_heads ≥ 1; base > 0; factor ≥ 1; original_length, the trained length, ≥ 1; the rest belongs to one scaling.

    `attention_factor` 0 takes YaRN's own. `short_factors`, `long_factors`: LongRoPE's divisors, one a pair, or one for
    all; each > 0.
    """

    n_heads: int
    base: float = 10_000.0
    layout: Layout = "half"
    scaling: Scaling = "none"
    factor: float = 4.0
    original_length: int = 256
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    attention_factor: float = 0.0
    low_frequency_factor: float = 1.0
    high_frequency_factor: float = 4.0
    short_factors: Sequence[float] = (1.0,)
    long_factors: Sequence[float] = (4.0,)

    def hyperparameters(self) -> dict[str, Any]:
        """Return, as JSON values, what this scaling uses."""
        used = [name for name in ARGUMENTS[self.scaling] if name != "length"]
        values = {name: getattr(self, name) for name in ("n_heads", "layout", "scaling", *used)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def arguments(self, head_dim: int) -> dict[str, float | list[float]]:
        """Return the scaling graph's arguments by name, all but `pairs` and `length`."""
        values: dict[str, float | list[float]] = {}
        for name in ARGUMENTS[self.scaling]:
            if name in ("short_factors", "long_factors"):
                factors = list(getattr(self, name))
                values[name] = factors * (head_dim // 2) if len(factors) == 1 else factors
            elif name != "length":
                values[name] = float(getattr(self, name))
        return values

    def check(self, head_dim: int) -> None:
        """Raise ShapeError, with both numbers, where a number is out of its range or does not fit `head_dim`."""
        if self.layout not in LAYOUTS or self.scaling not in SCALINGS:
            msg = f"layout {self.layout!r} with scaling {self.scaling!r} is not known: choose of {LAYOUTS}, {SCALINGS}"
            raise ShapeError(msg)
        check_base(self.base)
        used = ARGUMENTS[self.scaling]
        if "factor" in used:
            check_least(1, factor=self.factor)
        if "original_length" in used:
            check_least(2 if self.scaling == "longrope" else 1, original_length=self.original_length)
        if self.scaling in ("ntk", "dynamic") and head_dim < 4:
            msg = f"head_dim is {head_dim}, but the NTK-aware base needs 4 or more: choose fewer heads"
            raise ShapeError(msg)
        if self.scaling == "yarn":
            self._check_yarn()
        if self.scaling == "llama3":
            check_least(0, low_frequency_factor=self.low_frequency_factor)
            if not self.low_frequency_factor < self.high_frequency_factor < float("inf"):
                msg = (
                    f"low_frequency_factor is {self.low_frequency_factor:g} and high_frequency_factor "
                    f"{self.high_frequency_factor:g}, but the low one must be below the high one"
                )
                raise ShapeError(msg)
        if self.scaling == "longrope":
            self._check_longrope(head_dim // 2)

    def _check_yarn(self) -> None:
        check_least(0, attention_factor=self.attention_factor)
        if not 0 < self.beta_slow < self.beta_fast < float("inf"):
            msg = (
                f"beta_slow is {self.beta_slow:g} and beta_fast {self.beta_fast:g}, but the slow one must be above 0 "
                "and below the fast one"
            )
            raise ShapeError(msg)
        if self.base == 1:
            msg = "base is 1, but YaRN divides by its logarithm, which is 0: choose a base above 1"
            raise ShapeError(msg)

    def _check_longrope(self, n_pairs: int) -> None:
        for name, factors in (("short_factors", self.short_factors), ("long_factors", self.long_factors)):
            if len(factors) not in (1, n_pairs):
                msg = (
                    f"{name} has {len(factors)} numbers, but the {n_pairs} pairs of a head need {n_pairs}, or 1 for all"
                )
                raise ShapeError(msg)
            if not all(0 < factor < float("inf") for factor in factors):
                msg = f"{name} holds {min(factors):g}, but each must be above 0 and finite"
                raise ShapeError(msg)
