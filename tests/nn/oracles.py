"""What the tests of schemes share: positions to try, drawn vectors, sums written out, and the contract's tolerances."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike

from embedcore import contract
from embedcore.errors import ShapeError

# Numbers of heads, and the positions of queries and keys. The largest distance in a table here is 4, or 8 in buckets.
PLACES = {
    "one token": (1, range(1), range(1)),
    "two tokens": (12, range(2), range(2)),
    "an odd number": (20, range(7), range(7)),
    "one past the largest distance": (12, range(6), range(6)),
    "far past it": (1, range(40), range(40)),
    "the last queries of many keys": (12, range(5, 8), range(8)),
    "more queries than keys": (1, range(9), range(3)),
    "keys ahead alone": (1, range(2), range(3, 8)),
    "positions that begin late": (20, range(1_000_000, 1_000_005), range(999_998, 1_000_002)),
}
at_all_places = pytest.mark.parametrize(
    ("n_heads", "query_positions", "key_positions"), PLACES.values(), ids=PLACES.keys()
)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    """Return float32 numbers of a normal distribution."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def draw_heads(
    n_heads: int, query_positions: Sequence[int], key_positions: Sequence[int], head_dim: int
) -> dict[str, np.ndarray]:
    """Return the inputs that every graph of scores has."""
    return {
        "queries": draw(n_heads, len(query_positions), head_dim, seed=1),
        "keys": draw(n_heads, len(key_positions), head_dim, seed=2),
        "query_positions": np.array(query_positions),
        "key_positions": np.array(key_positions),
    }


def shifted(inputs: dict[str, np.ndarray], by: int) -> dict[str, np.ndarray]:
    """Return the inputs with all positions moved."""
    return inputs | {name: inputs[name] + by for name in ("query_positions", "key_positions")}


def dot(x: Iterable[float], y: Iterable[float]) -> float:
    """Return x·y, float64."""
    return math.fsum(float(a) * float(b) for a, b in zip(x, y, strict=True))


def each_pair(
    inputs: Mapping[str, np.ndarray], number: Callable[[list[float], list[float], int, int, int], float]
) -> np.ndarray:
    """Return number(q, k, i, j, h) for every head h, query q at i and key k at j: float64 [n_heads, n_queries, n_keys].

    `number` is a formula that a paper writes with these letters.
    """
    queries, keys, places, key_places = (
        inputs[name].tolist() for name in ("queries", "keys", "query_positions", "key_positions")
    )
    numbers = np.empty((len(queries), len(places), len(key_places)))
    for h in range(len(queries)):
        for row, i in enumerate(places):
            for column, j in enumerate(key_places):
                numbers[h, row, column] = number(queries[h][row], keys[h][column], i, j, h)
    return numbers


def each_distance(
    query_positions: Iterable[int], key_positions: Sequence[int], number: Callable[[int], float]
) -> np.ndarray:
    """Return number(i − j) for every query and key, [n_queries, n_keys]."""
    return np.array([[number(i - j) for j in key_positions] for i in query_positions])


def softmax(scores: ArrayLike, is_causal: bool = False) -> np.ndarray:
    """Return e^score / Σ e^score over the keys; with `is_causal`, over keys up to the query, where the last of both meet."""
    given = np.asarray(scores, dtype=np.float64)
    if is_causal:
        n_queries, n_keys = given.shape[-2:]
        given = np.where(np.tri(n_queries, n_keys, n_keys - n_queries, dtype=bool), given, -np.inf)
    shares = np.exp(given - given.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def assert_scores(computed: np.ndarray, expected: ArrayLike) -> None:
    """Assert equality to the tolerance of a score."""
    _assert_close(computed, expected, contract.SCORE_RTOL, contract.SCORE_ATOL)


def assert_sums(computed: np.ndarray, expected: ArrayLike) -> None:
    """Assert equality to the tolerance of a sum, which holds for waves and biases."""
    _assert_close(computed, expected, contract.SUM_RTOL, contract.SUM_ATOL)


def assert_rows(computed: np.ndarray, expected: ArrayLike) -> None:
    """Assert that whole numbers are equal, and int64."""
    assert computed.dtype == np.int64
    np.testing.assert_array_equal(computed, expected)


def assert_refused(make: Callable[[], object], *fragments: object) -> None:
    """Assert that `make()` raises ShapeError with each of `fragments` in its words."""
    with pytest.raises(ShapeError) as caught:
        make()
    for fragment in fragments:
        assert str(fragment) in str(caught.value)


def _assert_close(computed: np.ndarray, expected: ArrayLike, rtol: float, atol: float) -> None:
    assert computed.dtype == np.float32
    assert computed.shape == np.shape(expected)
    np.testing.assert_allclose(computed, np.asarray(expected), rtol=rtol, atol=atol)


def assert_same_buckets(ours: np.ndarray, theirs: np.ndarray, logarithms: np.ndarray) -> None:
    """Assert that two implementations give the same buckets, and differ by one bucket where the rounding decides.

    `logarithms` are the numbers, float64, that both round down or up. Where one lies within 1e-4 of a whole number, a
    float32 logarithm falls on either side of it, as the processor's last bit has it.
    """
    is_rounded = np.abs(logarithms - np.rint(logarithms)) < 1e-4
    np.testing.assert_array_equal(ours[~is_rounded], theirs[~is_rounded])
    assert np.abs(ours - theirs).max() <= 1
