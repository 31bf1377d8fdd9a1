"""The frequencies of rotary positions, plain and stretched past the trained length in eight ways.

Each way is a module that takes tensors alone, so that it is a generic graph too. It returns the frequencies, float64
[n_pairs], in radians per position, and the attention factor, float64 [], by which cosines and sines are multiplied.
`pairs` int64 [n_pairs] is 0, 1, 2 …; d is 2·n_pairs, the number of dimensions that turn: all of a head, or its first
ones. Every other argument is float64 [] unless its class says otherwise: `base` > 0; `original_length` ≥ 1 is the
trained length L, in positions; `factor` ≥ 1 says how many times that length a sequence may have.
"""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from embedcore.nn.graph import Axes, Graph, number, switch
from embedcore.schemes.rope_parameters import ARGUMENTS


class Plain(nn.Module):
    """θ_i = base^(−2i/d). Source: Su et al. 2021, section 3.2.2."""

    def forward(self, pairs: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the factor 1."""
        return rope_frequencies(pairs, base), torch.ones((), dtype=torch.float64)


class Linear(nn.Module):
    """Position interpolation: every frequency divided by the factor. Source: Chen et al. 2023, section 2.3."""

    def forward(self, pairs: Tensor, base: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the factor 1."""
        return rope_frequencies(pairs, base) / factor, torch.ones((), dtype=torch.float64)


class NTK(nn.Module):
    """NTK-aware: the base becomes base · factor^(d/(d−2)), so that only the slowest pair is fully interpolated.

    n_pairs ≥ 2. Source: bloc97 2023, as Peng et al. 2023 (YaRN), section 3.1, defines it.
    """

    def forward(self, pairs: Tensor, base: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the factor 1."""
        return rope_frequencies(pairs, ntk_base(pairs, base, factor)), torch.ones((), dtype=torch.float64)


class DynamicNTK(nn.Module):
    """NTK-aware with a factor that follows the length s of the sequence: factor·s/L − (factor − 1), where s > L.

    n_pairs ≥ 2. Source: emozilla 2023 (Peng et al. 2023, section 3.3); this form is that of its reference code.
    """

    def forward(
        self, pairs: Tensor, base: Tensor, factor: Tensor, original_length: Tensor, length: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies for a sequence of `length` positions, and the factor 1."""
        stretch = torch.maximum(factor * length / original_length - (factor - 1), torch.ones_like(factor))
        return rope_frequencies(pairs, ntk_base(pairs, base, stretch)), torch.ones((), dtype=torch.float64)


class SteppedNTK(nn.Module):
    """NTK-aware with a factor that rises in steps, as the length s doubles: max(2^⌈log₂(s/L) + 1⌉ − 1, 1).

    The factor is thus 1, 3, 7 and so on. n_pairs ≥ 2. Source: the first Qwen's code, `get_ntk_alpha` (Bai et al. 2023).
    """

    def forward(self, pairs: Tensor, base: Tensor, original_length: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return the frequencies for a sequence of `length` positions, and the factor 1."""
        powers = torch.tensor([2.0**power for power in range(63)], dtype=torch.float64)  # a logarithm may round
        doubled = torch.where(original_length * powers >= length, powers, powers[-1:]).amin(0)
        stretch = 2 * doubled - 1
        return rope_frequencies(pairs, ntk_base(pairs, base, stretch)), torch.ones((), dtype=torch.float64)


class YaRN(nn.Module):
    """Interpolates slow pairs, keeps fast ones, and blends between; attention is sharpened by 0.1 ln(factor) + 1.

    A pair that turns more than `beta_fast` times within the trained length keeps its frequency; that of a pair that
    turns less than `beta_slow` times is divided by the factor. Where `is_truncated` bool [] is true, the ramp between
    them begins and ends at whole pairs, as in the reference code; else it does where the paper's formula says. An
    `attention_factor` of 0 stands for (0.1·mscale·ln(factor) + 1) / (0.1·mscale_all_dim·ln(factor) + 1), as in
    DeepSeek's code; with `mscale` 1 and `mscale_all_dim` 0 that is the paper's. Source: Peng et al. 2023, sections 3.2
    and 3.4; the ramp is linear in the number of the pair, as in its reference code.
    """

    def forward(
        self,
        pairs: Tensor,
        base: Tensor,
        factor: Tensor,
        original_length: Tensor,
        beta_fast: Tensor,
        beta_slow: Tensor,
        attention_factor: Tensor,
        is_truncated: Tensor,
        mscale: Tensor,
        mscale_all_dim: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the attention factor."""
        n_pairs = pairs.shape[0]
        first = _pair_of_turns(beta_fast, n_pairs, base, original_length)
        last = _pair_of_turns(beta_slow, n_pairs, base, original_length)
        low = torch.clamp(torch.where(is_truncated, torch.floor(first), first), min=0)
        high = torch.clamp(torch.where(is_truncated, -torch.floor(-last), last), max=2 * n_pairs - 1)
        width = torch.where(high == low, _exactly(0.001), high - low)
        ramp = torch.clamp((pairs.to(torch.float64) - low) / width, min=0, max=1)
        frequencies = rope_frequencies(pairs, base)
        own = _sharpened(factor, mscale) / _sharpened(factor, mscale_all_dim)
        return (
            frequencies / factor * ramp + frequencies * (1 - ramp),
            torch.where(attention_factor > 0, attention_factor, own),
        )


class Llama3(nn.Module):
    """Keeps frequencies of wavelengths below L/high, divides those above L/low by the factor, and blends between.

    low_frequency_factor (low) < high_frequency_factor (high). Source: Llama 3.1's reference code; Grattafiori et al.
    2024, section 3.4.2, raise only the base.
    """

    def forward(
        self,
        pairs: Tensor,
        base: Tensor,
        factor: Tensor,
        original_length: Tensor,
        low_frequency_factor: Tensor,
        high_frequency_factor: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the factor 1."""
        frequencies = rope_frequencies(pairs, base)
        turns = original_length * frequencies / _exactly(2 * math.pi)  # within the trained length
        smooth = (turns - low_frequency_factor) / (high_frequency_factor - low_frequency_factor)
        kept = torch.clamp(smooth, min=0, max=1)
        return (1 - kept) * frequencies / factor + kept * frequencies, torch.ones((), dtype=torch.float64)


class LongRoPE(nn.Module):
    """Divides each frequency by a number found by search, from one list up to the trained length, another beyond.

    `short_factors`, `long_factors` float64 [n_pairs], each > 0. The attention factor is √(1 + ln factor / ln L), L ≥ 2;
    an `attention_factor` above 0 takes its place, and so does, before that, `short_mscale` up to the trained length and
    `long_mscale` beyond it, where it is above 0 (Phi-3.5-MoE). Source: Ding et al. 2024, section 3; for the attention
    factor, its code.
    """

    def forward(
        self,
        pairs: Tensor,
        base: Tensor,
        factor: Tensor,
        original_length: Tensor,
        length: Tensor,
        short_factors: Tensor,
        long_factors: Tensor,
        attention_factor: Tensor,
        short_mscale: Tensor,
        long_mscale: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies for a sequence of `length` positions, and the attention factor."""
        is_long = length > original_length
        divisors = torch.where(is_long, long_factors, short_factors)
        formula = torch.sqrt(1 + torch.log(factor) / torch.log(original_length))
        own = torch.where(attention_factor > 0, attention_factor, formula)
        mscale = torch.where(is_long, long_mscale, short_mscale)
        return rope_frequencies(pairs, base) / divisors, torch.where(mscale > 0, mscale, own)


class Proportional(nn.Module):
    """The first pairs turn, each at its plain frequency divided by the factor; the others stand still.

    `proportion`, above 0 and at most 1, says how many turn: ⌊proportion · n_pairs⌋. The exponents run over the whole
    head, unlike those of a rotation of its first dimensions alone. Source: Barbero et al. 2024, section 6 (p-RoPE);
    Gemma 4's code.
    """

    def forward(self, pairs: Tensor, base: Tensor, factor: Tensor, proportion: Tensor) -> tuple[Tensor, Tensor]:
        """Return the frequencies, 0 for pairs that stand still, and the factor 1."""
        n_turning = torch.floor(proportion * pairs.shape[0])
        frequencies = rope_frequencies(pairs, base) / factor
        turning = torch.where(pairs.to(torch.float64) < n_turning, frequencies, _exactly(0.0))
        return turning, torch.ones((), dtype=torch.float64)


SCALINGS: Final[Mapping[str, type[nn.Module]]] = {
    "none": Plain,
    "linear": Linear,
    "ntk": NTK,
    "dynamic": DynamicNTK,
    "stepped": SteppedNTK,
    "yarn": YaRN,
    "llama3": Llama3,
    "longrope": LongRoPE,
    "proportional": Proportional,
}


def rope_frequencies(pairs: Tensor, base: Tensor) -> Tensor:
    """Return base^(−2i/d), float64 [n_pairs]."""
    return torch.pow(base, -2 * pairs.to(torch.float64) / (2 * pairs.shape[0]))


def ntk_base(pairs: Tensor, base: Tensor, factor: Tensor) -> Tensor:
    """Return base · factor^(d/(d−2)), float64 []."""
    head_dim = torch.scalar_tensor(2 * pairs.shape[0], dtype=torch.float64)
    return base * torch.pow(factor, head_dim / (head_dim - 2))


def _pair_of_turns(turns: Tensor, n_pairs: int, base: Tensor, original_length: Tensor) -> Tensor:
    """Return the (fractional) pair that turns `turns` times in the trained length."""
    return n_pairs * torch.log(original_length / (turns * _exactly(2 * math.pi))) / torch.log(base)


def _sharpened(factor: Tensor, mscale: Tensor) -> Tensor:
    """Return 0.1 · mscale · ln(factor) + 1, and 1 for a factor of 1."""
    return torch.where(factor > 1, _exactly(0.1) * mscale * torch.log(factor) + 1, torch.ones_like(factor))


def _exactly(number: float) -> Tensor:
    """Return `number` as float64 []; the exporter rounds a bare one to float32, whatever it is multiplied with."""
    return torch.tensor(number, dtype=torch.float64)


def _example(argument: str) -> tuple[Tensor, Axes]:
    """Return an example of a scaling's argument, whose name tells its kind."""
    if argument.endswith("_factors"):
        return torch.ones(3, dtype=torch.float64), _PAIRS
    return switch() if argument.startswith("is_") else number()


_PAIRS: Final[Axes] = ("n_pairs",)
GRAPHS: Final[Mapping[str, Graph]] = {
    f"rope_{name}": Graph(
        SCALINGS[name](),
        {"pairs": (torch.arange(3), _PAIRS), **{argument: _example(argument) for argument in ARGUMENTS[name]}},
        ("frequencies", "attention_scale"),
    )
    for name in ARGUMENTS
}
