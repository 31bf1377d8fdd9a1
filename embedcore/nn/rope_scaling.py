"""The frequencies of rotary positions, plain and stretched past the trained length in six ways.

A module each, of tensors alone, so that each is a generic graph too. All return the frequencies, float64 [n_pairs], in
radians a position, and the attention factor, float64 [], by which cosines and sines are multiplied. `pairs` int64
[n_pairs] is 0, 1, 2 …; head_dim is 2·n_pairs. Every other argument is float64 [] unless it says otherwise: `base` > 0,
`factor` ≥ 1, how many times longer than `original_length` ≥ 1, the trained length in positions.
"""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn


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
    """NTK-aware: a larger base, base · factor^(d/(d−2)), so that the slowest pair alone is fully interpolated.

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


class YaRN(nn.Module):
    """Interpolates slow pairs, keeps fast ones, and ramps between; the factor sharpens attention: 0.1 ln(factor) + 1.

    A pair that turns more than `beta_fast` times in the trained length is kept, one below `beta_slow` interpolated.
    `attention_factor` 0 takes the paper's. Source: Peng et al. 2023, section 3.2 and 3.4; the ramp runs over whole
    pairs as in its reference code.
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
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies and the attention factor."""
        n_pairs = pairs.shape[0]
        low = torch.clamp(torch.floor(_pair_of_turns(beta_fast, n_pairs, base, original_length)), min=0)
        high = torch.clamp(torch.ceil(_pair_of_turns(beta_slow, n_pairs, base, original_length)), max=2 * n_pairs - 1)
        width = torch.where(high == low, _exactly(0.001), high - low)
        ramp = torch.clamp((pairs.to(torch.float64) - low) / width, min=0, max=1)
        frequencies = rope_frequencies(pairs, base)
        paper = torch.where(factor > 1, _exactly(0.1) * torch.log(factor) + 1, torch.ones_like(factor))
        return (
            frequencies / factor * ramp + frequencies * (1 - ramp),
            torch.where(attention_factor > 0, attention_factor, paper),
        )


class Llama3(nn.Module):
    """Wavelengths below L/high kept, above L/low divided by the factor, smooth between; low < high.

    Source: Llama 3.1's reference code (Grattafiori et al. 2024, section 3.4.2, raise the base alone).
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
        turns = original_length * frequencies / _exactly(2 * math.pi)  # in the trained length
        smooth = (turns - low_frequency_factor) / (high_frequency_factor - low_frequency_factor)
        kept = torch.clamp(smooth, min=0, max=1)
        return (1 - kept) * frequencies / factor + kept * frequencies, torch.ones((), dtype=torch.float64)


class LongRoPE(nn.Module):
    """A searched divisor for each pair: one list up to the trained length, another beyond.

    `short_factors`, `long_factors` float64 [n_pairs], each > 0; the attention factor is √(1 + ln factor / ln L), L ≥ 2.
    Source: Ding et al. 2024, section 3; the attention factor is that of its reference code.
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
    ) -> tuple[Tensor, Tensor]:
        """Return the frequencies for a sequence of `length` positions, and the attention factor."""
        divisors = torch.where(length > original_length, long_factors, short_factors)
        attention_factor = torch.sqrt(1 + torch.log(factor) / torch.log(original_length))
        return rope_frequencies(pairs, base) / divisors, attention_factor


SCALINGS: Final[Mapping[str, type[nn.Module]]] = {
    "none": Plain,
    "linear": Linear,
    "ntk": NTK,
    "dynamic": DynamicNTK,
    "yarn": YaRN,
    "llama3": Llama3,
    "longrope": LongRoPE,
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


def _exactly(number: float) -> Tensor:
    """Return `number` as float64 []: the exporter rounds a bare one to float32, whatever it is multiplied with."""
    return torch.tensor(number, dtype=torch.float64)
