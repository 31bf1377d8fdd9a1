"""Floors and ceilings of logarithms that are whole on paper, but may miss their whole number by a last bit."""

import torch
from torch import Tensor

_NEAR = 1e-9


def whole_floor(values: Tensor) -> Tensor:
    """Return ⌊values⌋ of float64 `values`, where what is within 10⁻⁹ of a whole number is taken for it.

    WARNING: to add 10⁻⁹ before the floor does not do. The exporter takes so small a term for zero, and drops it.
    """
    nearest = torch.round(values)
    return torch.where((values - nearest).abs() < _NEAR, nearest, torch.floor(values))


def whole_ceil(values: Tensor) -> Tensor:
    """Return ⌈values⌉ the same way."""
    return -whole_floor(-values)
