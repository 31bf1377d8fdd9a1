"""What chance gives: how near rows lie to a query where each row points in a random direction and keeps its length.

In d dimensions the cosine of two random directions has mean 0 and standard deviation 1/√d. The angle between them is
below θ with the probability ∫ sin(x)ᵈ⁻² dx from 0 to θ, divided by the same integral from 0 to π.
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from embedcore.errors import ShapeError
from embedcore.space.metrics import Metric, check_metric

_N_ANGLES: Final = 1 << 12  # between which probabilities are read off in a straight line
_HALVINGS: Final = 60


def probability_above(cosines: Float[np.ndarray, " n"], d_model: int) -> Float64[np.ndarray, " n"]:
    """Return the probability, in [0, 1], that the cosine of two random directions is above each of `cosines`.

    `d_model` ≥ 1 is the number of dimensions. Exact but for rounding of 1e-13. Raises ShapeError for fewer dimensions.

    >>> probability_above(np.array([-1.0, 0.0, 0.5]), 3)
    array([1.  , 0.5 , 0.25])
    """
    if d_model < 1:
        msg = f"random directions in {d_model} dimensions: give at least one dimension"
        raise ShapeError(msg)
    within = np.clip(np.asarray(cosines, np.float64), -1.0, 1.0)
    if d_model == 1:  # there are two directions
        return np.where(cosines >= 1.0, 0.0, np.where(cosines < -1.0, 1.0, 0.5))
    # The integral of sinⁿ is that of sinⁿ⁻² times (n − 1) / n, less sinⁿ⁻¹ cos / n.
    probability = np.arccos(within) / np.pi if d_model % 2 == 0 else (1.0 - within) / 2
    sine_squared = (1.0 - within) * (1.0 + within)
    sines = np.sqrt(sine_squared) if d_model % 2 == 0 else sine_squared
    whole = math.pi if d_model % 2 == 0 else 2.0
    for power in range(2 if d_model % 2 == 0 else 3, d_model - 1, 2):
        whole *= (power - 1) / power
        probability -= sines * within / (power * whole)
        sines = sines * sine_squared
    return np.clip(probability, 0.0, 1.0)


def cosine_exceeded(probabilities: Float[np.ndarray, " n"], d_model: int) -> Float64[np.ndarray, " n"]:
    """Return the cosine, in [-1, 1], that two random directions exceed with each of `probabilities` in [0, 1].

    >>> round(float(cosine_exceeded(np.array([0.25]), 3)[0]), 12)
    0.5
    """
    low, high = np.full_like(probabilities, -1.0, np.float64), np.ones_like(probabilities, np.float64)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_below = probability_above(middle, d_model) > probabilities
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2


def best_cosines(k: int, n_rows: int, d_model: int) -> Float64[np.ndarray, " k"]:
    """Return the cosines that one, two, … `k` of `n_rows` rows in random directions exceed on average.

    1 ≤ k ≤ n_rows. The cosines fall from the first on. Raises ShapeError for other numbers.
    """
    if not 1 <= k <= n_rows:
        msg = f"the {k:,} best of {n_rows:,} rows: choose k from 1 to the number of rows"
        raise ShapeError(msg)
    return cosine_exceeded(np.arange(1, k + 1) / n_rows, d_model)


def expected_counts(
    edges: Float[np.ndarray, " n_bins_and_1"],
    lengths: Float[np.ndarray, " n_rows"],
    query_length: float,
    d_model: int,
    *,
    metric: Metric = "cosine",
) -> Float64[np.ndarray, " n_bins"]:
    """Return how many rows chance puts between each two ascending `edges` of scores, on average.

    Each row keeps its length of `lengths` ≥ 0 and points in a random direction; the query is `query_length` ≥ 0 long.
    The cosine with a zero vector is 0. A Euclidean score is a distance. Exact to 1e-6 of the rows. Raises ShapeError
    for an unknown metric.
    """
    check_metric(metric)
    is_zero = lengths * query_length == 0
    fixed_scores = np.abs(lengths - query_length)[is_zero] if metric == "euclidean" else np.zeros(int(is_zero.sum()))
    below = np.searchsorted(np.sort(fixed_scores), edges, side="left").astype(np.float64)
    below[-1] = np.count_nonzero(fixed_scores <= edges[-1])  # the last bin holds its upper edge too
    turning = lengths[~is_zero].astype(np.float64)
    if metric == "cosine":
        below += len(turning) * (1.0 - probability_above(edges, d_model))
    elif len(turning):
        below += [_n_below(float(edge), turning, query_length, d_model, metric) for edge in edges]
    return np.diff(below)


def _n_below(
    score: float, lengths: Float64[np.ndarray, " n_rows"], query_length: float, d_model: int, metric: Metric
) -> float:
    """Return how many rows of `lengths` > 0 chance puts below `score`, on average."""
    products = query_length * lengths
    if metric == "dot":
        return len(lengths) - float(_probabilities(score / products, d_model).sum())
    cosines = (lengths**2 + query_length**2 - score * abs(score)) / (2 * products)
    return float(_probabilities(cosines, d_model).sum())


def _probabilities(cosines: Float64[np.ndarray, " n"], d_model: int) -> Float64[np.ndarray, " n"]:
    """Return `probability_above`, read off between angles, for many rows at once."""
    if d_model == 1:
        return probability_above(cosines, d_model)
    angles = np.linspace(0.0, np.pi, _N_ANGLES + 1)
    return np.interp(np.arccos(np.clip(cosines, -1.0, 1.0)), angles, probability_above(np.cos(angles), d_model))
