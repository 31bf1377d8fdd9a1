"""The lines of PyTorch that make a rotary scheme's `frequencies`, by the way in which they are stretched.

Each function returns those lines, and the code of the attention factor; "" where there is none.
"""

import math

from embedcore.schemes.rope_parameters import RopeParameters
from pages.views.positions.snippets.case import Case

Frequencies = tuple[list[str], str]


def plain(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return frequencies as they are trained."""
    return [_plain(parameters, case)], ""


def larger_base(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return frequencies of a larger base: NTK-aware, dynamic, and in steps."""
    d, base, factor, trained = (
        _width(parameters, case),
        float(parameters.base),
        float(parameters.value("factor")),
        parameters.value("original_length"),
    )
    stretch = f"{factor}"
    if parameters.scaling == "dynamic":
        stretch = f"max(1, {factor} * {case.n} / {trained} - ({factor} - 1))"
    if parameters.scaling == "stepped":
        stretch = f"max(2 ** math.ceil(math.log2({case.n} / {trained}) + 1) - 1, 1)"
    larger = f"base = {base} * {stretch} ** ({d} / {d - 2})"
    return [larger, f"frequencies = base ** (-2 * pairs / {d})   # [{d // 2}], radians per position"], ""


def linear(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return frequencies that are divided by the factor."""
    return [_plain(parameters, case), f"frequencies = frequencies / {float(parameters.value('factor'))}"], ""


def llama3(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return short waves as they are, long ones stretched, and what lies between them in part."""
    low, high = float(parameters.value("low_frequency_factor")), float(parameters.value("high_frequency_factor"))
    trained = parameters.value("original_length")
    kept = f"kept = (({trained} * frequencies / (2 * math.pi) - {low}) / ({high} - {low})).clamp(0, 1)"
    stretched = f"frequencies = kept * frequencies + (1 - kept) * frequencies / {float(parameters.value('factor'))}"
    return [_plain(parameters, case), kept, stretched], ""


def longrope(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return frequencies that are each divided by a number of its own."""
    factor, trained = float(parameters.value("factor")), parameters.value("original_length")
    which, sign = ("long", ">") if case.n > trained else ("short", "<=")
    divisors = [float(number) for number in parameters.value(f"{which}_factors")]
    code = f"torch.tensor({divisors}).double()" if len(divisors) > 1 else f"{divisors[0]}"
    reason = f"{case.n} positions {sign} {trained}: the {which} factors"
    own = parameters.value(f"{which}_mscale") or parameters.value("attention_factor")
    attention_factor = f"{float(own)}" if own else f"math.sqrt(1 + math.log({factor}) / math.log({trained}))"
    return [_plain(parameters, case), f"frequencies = frequencies / {code}   # {reason}"], attention_factor


def proportional(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return the fastest frequencies, and zeros for the pairs that stand still."""
    n_pairs = parameters.n_pairs(case.head_dim)
    n_turning = math.floor(parameters.value("proportion") * n_pairs)
    still = f"the other {n_pairs - n_turning} are not rotated"
    turning = f"frequencies = frequencies / {float(parameters.value('factor'))} * (pairs < {n_turning})   # {still}"
    return [_plain(parameters, case), turning], ""


def yarn(parameters: RopeParameters, case: Case) -> Frequencies:
    """Return fast pairs as they are, slow ones stretched, and a ramp between them."""
    d, base, factor, trained = (
        _width(parameters, case),
        float(parameters.base),
        float(parameters.value("factor")),
        parameters.value("original_length"),
    )
    first, last = ("math.floor(low)", "math.ceil(high)") if parameters.value("is_truncated") else ("low", "high")
    turns = f"for turns in ({float(parameters.value('beta_fast'))}, {float(parameters.value('beta_slow'))})"
    lines = [
        _plain(parameters, case),
        f"low, high = ({d // 2} * math.log({trained} / (turns * 2 * math.pi)) / math.log({base}) {turns})",
        f"low, high = max({first}, 0), min({last}, {d - 1})",
        "ramp = ((pairs - low) / (high - low or 0.001)).clamp(0, 1)   # 0: kept, 1: interpolated",
        f"frequencies = frequencies * (1 - ramp) + frequencies / {factor} * ramp",
    ]
    attention_factor, mscale, mscale_all_dim = (
        float(parameters.value(name)) for name in ("attention_factor", "mscale", "mscale_all_dim")
    )
    if attention_factor > 0:
        return lines, f"{attention_factor}"
    sharpened = f"{0.1 * mscale:g} * math.log({factor}) + 1"
    divisor = f"{0.1 * mscale_all_dim:g} * math.log({factor}) + 1"
    return lines, f"({sharpened}) / ({divisor})" if mscale_all_dim else sharpened


def _plain(parameters: RopeParameters, case: Case) -> str:
    d = _width(parameters, case)
    return f"frequencies = {float(parameters.base)} ** (-2 * pairs / {d})   # [{d // 2}], radians per position"


def _width(parameters: RopeParameters, case: Case) -> int:
    """Return how many dimensions of a head turn."""
    return 2 * parameters.n_pairs(case.head_dim)
