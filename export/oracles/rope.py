"""Rotary positions: cosine and sine of position times frequency, plain or stretched past the trained length."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from embedcore import contract
from export.oracles.request import Arrays, Oracle, Request


def rope(request: Request) -> Arrays:
    """Return cosines and sines by Su et al. 2021, and by the paper of each scaling."""
    width, parameters = request.head_dim, request.parameters
    head_dim = parameters.get("rotary_dim") or width  # the dimensions that turn
    frequencies, attention_factor = _frequencies(head_dim, request.sequence, parameters)
    columns = range(head_dim)
    pair_of = [c // 2 if parameters["layout"] == "interleaved" else c % (head_dim // 2) for c in columns]
    angles = request.places[:, None] * np.array([frequencies[pair] for pair in pair_of])
    waves = np.cos(angles) * attention_factor, np.sin(angles) * attention_factor
    n_rows = len(request.places)
    still = np.ones((n_rows, width - head_dim)), np.zeros((n_rows, width - head_dim))
    cos, sin = (np.concatenate((turning, rest), axis=1) for turning, rest in zip(waves, still, strict=True))
    return {contract.ROTARY_COS: cos, contract.ROTARY_SIN: sin}


def _frequencies(head_dim: int, sequence: int, parameters: Mapping[str, Any]) -> tuple[list[float], float]:
    """Return the frequency of each pair for a sequence of this length, and the factor on cosines and sines."""
    scaling = parameters["scaling"]
    frequencies = [parameters["base"] ** (-2 * i / head_dim) for i in range(head_dim // 2)]
    attention_factor, factor = 1.0, parameters.get("factor", 1.0)
    trained = parameters.get("original_length", 1)
    if scaling == "linear":
        frequencies = [frequency / factor for frequency in frequencies]
    elif scaling in ("ntk", "dynamic", "stepped"):
        stretch = factor if scaling == "ntk" else max(1.0, factor * sequence / trained - factor + 1)
        if scaling == "stepped":
            stretch = next(2.0**n - 1 for n in range(1, 99) if sequence <= trained * 2 ** (n - 1))
        base = parameters["base"] * stretch ** (head_dim / (head_dim - 2))
        frequencies = [base ** (-2 * i / head_dim) for i in range(head_dim // 2)]
    elif scaling == "yarn":
        kept = _yarn_kept(head_dim, parameters)
        frequencies = [f * keep + f / factor * (1 - keep) for f, keep in zip(frequencies, kept, strict=True)]
        share, over = parameters.get("mscale", 1), parameters.get("mscale_all_dim", 0)
        own = (0.1 * share * math.log(factor) + 1) / (0.1 * over * math.log(factor) + 1)
        attention_factor = parameters["attention_factor"] or own
    elif scaling == "llama3":
        low, high = parameters["low_frequency_factor"], parameters["high_frequency_factor"]
        kept = [min(1.0, max(0.0, (trained * f / (2 * math.pi) - low) / (high - low))) for f in frequencies]
        frequencies = [f * keep + f / factor * (1 - keep) for f, keep in zip(frequencies, kept, strict=True)]
    elif scaling == "longrope":
        divisors = parameters["long_factors" if sequence > trained else "short_factors"]
        divisors = divisors * (head_dim // 2) if len(divisors) == 1 else divisors
        frequencies = [f / divisor for f, divisor in zip(frequencies, divisors, strict=True)]
        mscale = parameters.get("long_mscale" if sequence > trained else "short_mscale")
        own = math.sqrt(1 + math.log(factor) / math.log(trained))
        attention_factor = mscale or parameters.get("attention_factor") or own
    elif scaling == "proportional":
        n_turning = math.floor(parameters["proportion"] * (head_dim // 2))
        frequencies = [f / factor if pair < n_turning else 0.0 for pair, f in enumerate(frequencies)]
    return frequencies, attention_factor


def _yarn_kept(head_dim: int, parameters: Mapping[str, Any]) -> list[float]:
    """Return the share of each pair's frequency that is kept, 1 for pairs that turn often (Peng et al. 2023, 3.2)."""
    trained, base = parameters["original_length"], parameters["base"]
    edges = [
        head_dim * math.log(trained / (2 * math.pi * turns)) / (2 * math.log(base))
        for turns in (parameters["beta_fast"], parameters["beta_slow"])
    ]
    if parameters.get("is_truncated", True):
        edges = [math.floor(edges[0]), math.ceil(edges[1])]
    low, high = max(edges[0], 0), min(edges[1], head_dim - 1)
    width = high - low or 0.001
    return [1 - min(1.0, max(0.0, (pair - low) / width)) for pair in range(head_dim // 2)]


ORACLES: Final[Mapping[str, Oracle]] = {"rope": rope}
