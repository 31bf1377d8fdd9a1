"""Sine and cosine waves, which sinusoidal positions and Transformer-XL's distances share."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def laid_out_waves(positions: np.ndarray, width: int, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return sines and cosines in turn, or all sines before all cosines, as Marian's code has them."""
    waves = sine_waves(positions, width, parameters["base"])
    is_halves = parameters.get("wave_layout") == "halves"
    return np.concatenate((waves[:, 0::2], waves[:, 1::2]), axis=1) if is_halves else waves


def sine_waves(positions: np.ndarray, width: int, base: float) -> np.ndarray:
    """Return sines and cosines in turn, computed column by column. Source: Vaswani et al. 2017, section 3.5."""
    waves = np.empty((len(positions), width))
    for i in range(width // 2):
        waves[:, 2 * i] = np.sin(positions / base ** (2 * i / width))
        waves[:, 2 * i + 1] = np.cos(positions / base ** (2 * i / width))
    return waves
