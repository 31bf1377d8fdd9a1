"""What each positional scheme gives, in float64 numpy from the papers' formulas alone: `verify` holds files to it.

Nothing here comes from `embedcore.nn`; a mistake there cannot repeat itself here. The tests have oracles of their own.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from embedcore import contract
from embedcore.contract import ModelMetadata

Arrays = dict[str, np.ndarray]


def position_rows(metadata: ModelMetadata, weights: Mapping[str, np.ndarray], sequence: int, rows: slice) -> Arrays:
    """Return what the scheme of `metadata` gives for `sequence` places, by the contract's output names, float64.

    Of each output's last axis but one (places, queries or distances) only `rows` are made.
    """
    scheme, parameters = metadata.position_scheme, metadata.position_parameters
    table = weights.get("position.table", np.zeros((0, 0)))
    head_dim = metadata.d_model // metadata.n_heads
    chosen = np.arange(rows.start, rows.stop)
    distances = chosen - (sequence - 1)  # query minus key, where a row is a distance
    if scheme == "learned":
        return {contract.POSITION_EMBEDDINGS: table[rows].astype(np.float64)}
    if scheme == "sinusoidal":
        return {contract.POSITION_EMBEDDINGS: _laid_out(chosen, metadata.d_model, parameters)}
    if scheme == "transformer-xl":
        return {contract.RELATIVE_EMBEDDINGS: _laid_out(distances, head_dim, parameters)}
    if scheme in _ROWS:
        found = [_ROWS[scheme](int(distance), parameters) for distance in distances]
        return {contract.RELATIVE_EMBEDDINGS: table[found].astype(np.float64)}
    if scheme in ("t5", "alibi"):
        return {contract.ATTENTION_BIAS: _bias(scheme, table.astype(np.float64), parameters, sequence, chosen)}
    if scheme == "rope":
        return _rotary(sequence, head_dim, parameters, chosen)
    return {}


def sine_waves(positions: np.ndarray, width: int, base: float) -> np.ndarray:
    """Return Vaswani et al. 2017, section 3.5, one column at a time."""
    waves = np.empty((len(positions), width))
    for i in range(width // 2):
        waves[:, 2 * i] = np.sin(positions / base ** (2 * i / width))
        waves[:, 2 * i + 1] = np.cos(positions / base ** (2 * i / width))
    return waves


def _laid_out(positions: np.ndarray, width: int, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return the waves in turn, or all sines, then all cosines, as Marian's code has them."""
    waves = sine_waves(positions, width, parameters["base"])
    is_halves = parameters.get("wave_layout") == "halves"
    return np.concatenate((waves[:, 0::2], waves[:, 1::2]), axis=1) if is_halves else waves


def _shaw_row(distance: int, parameters: Mapping[str, Any]) -> int:
    """Shaw et al. 2018, section 3.2: w_clip(j − i, k), the first row is w_−k."""
    k = parameters["max_distance"]
    return max(-k, min(k, -distance)) + k


def _bert_row(distance: int, parameters: Mapping[str, Any]) -> int:
    """BERT's distance_embedding: the first row is for the key m − 1 ahead."""
    m = parameters["max_distance"]
    return max(1 - m, min(m - 1, distance)) + m - 1


def _deberta_row(distance: int, parameters: Mapping[str, Any]) -> int:
    """He et al. 2021, equation 3, with the log buckets of DeBERTa v2 where there are any."""
    span = parameters["n_buckets"] or parameters["max_distance"]
    half = span // 2
    if parameters["n_buckets"] and abs(distance) > half:
        share = math.log(abs(distance) / half) / math.log((parameters["max_distance"] - 1) / half)
        distance = int(math.copysign(half + math.ceil(round(share * (half - 1), 9)), distance))
    return max(0, min(2 * span - 1, distance + span))


_ROWS = {
    "shaw": _shaw_row,
    "bert-relative-key": _bert_row,
    "bert-relative-key-query": _bert_row,
    "deberta": _deberta_row,
}


def _bias(
    scheme: str, table: np.ndarray, parameters: Mapping[str, Any], sequence: int, queries: np.ndarray
) -> np.ndarray:
    """Return [n_heads, n_queries, sequence]: each distance's bias once, then laid out by i − j."""
    least = int(queries[0]) - (sequence - 1)
    distances = range(least, int(queries[-1]) + 1)
    by_distance = _t5(distances, table, parameters) if scheme == "t5" else _alibi(distances, parameters)
    columns = queries[:, None] - np.arange(sequence)[None, :] - least
    return np.stack([of_head[columns] for of_head in by_distance.T])


def _t5(distances: range, table: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return [n_distances, n_heads]: Raffel et al. 2020, section 2.1."""
    own = len(table), parameters["max_distance"], parameters["is_bidirectional"]
    return table[[_t5_bucket(distance, *own) for distance in distances]]


@lru_cache(maxsize=1 << 16)
def _t5_bucket(distance: int, n_buckets: int, max_distance: int, is_bidirectional: bool) -> int:
    """Whole numbers alone decide the bucket."""
    first = 0
    if is_bidirectional:
        n_buckets //= 2
        first = n_buckets if distance < 0 else 0
        distance = abs(distance)
    distance = max(distance, 0)
    exact = n_buckets // 2
    n_far = n_buckets - exact
    bucket = distance
    if distance >= exact:  # the largest m with (distance / exact) ^ n_far ≥ (max_distance / exact) ^ m
        bucket = exact
        while bucket < n_buckets - 1 and distance**n_far * exact ** (bucket + 1 - exact) >= (
            max_distance ** (bucket + 1 - exact) * exact**n_far
        ):
            bucket += 1
    return first + bucket


def _alibi(distances: range, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return [n_distances, n_heads]: Press et al. 2022, section 3, and its code for heads that are no power of two.

    MPT's code has other numbers for 8.
    """
    n_heads, most = parameters["n_heads"], parameters.get("bias_max", 8)
    n = 2 ** (n_heads.bit_length() - 1)
    slopes = [2 ** (-most * (h + 1) / n) for h in range(n)]
    slopes += [2 ** (-most * (h + 1) / (2 * n)) for h in range(0, 2 * n, 2)][: n_heads - n]
    return -np.abs(np.array(distances))[:, None] * np.array(slopes)[None, :]


def _rotary(sequence: int, width: int, parameters: Mapping[str, Any], places: np.ndarray) -> Arrays:
    scaling = parameters["scaling"]
    head_dim = parameters.get("rotary_dim") or width  # what turns
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
    columns = range(head_dim)
    pair_of = [c // 2 if parameters["layout"] == "interleaved" else c % (head_dim // 2) for c in columns]
    angles = places[:, None] * np.array([frequencies[pair] for pair in pair_of])
    waves = np.cos(angles) * attention_factor, np.sin(angles) * attention_factor
    still = np.ones((len(places), width - head_dim)), np.zeros((len(places), width - head_dim))
    cos, sin = (np.concatenate((turning, rest), axis=1) for turning, rest in zip(waves, still, strict=True))
    return {contract.ROTARY_COS: cos, contract.ROTARY_SIN: sin}


def _yarn_kept(head_dim: int, parameters: Mapping[str, Any]) -> list[float]:
    """Peng et al. 2023, section 3.2: how much of each pair's frequency is kept, 1 for those that turn often."""
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
