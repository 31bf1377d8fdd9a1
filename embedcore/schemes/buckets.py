"""Which distances share a learned number: the buckets of T5 and of DeBERTa, as whole numbers by distance.

They are computed here and given to the graphs as a list of whole numbers. A graph that took the logarithms itself would
fall one bucket off wherever a runtime computes them in float32, as OpenVINO does.
"""

from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from embedcore.checks.sizes import check_buckets, check_memory, n_deberta_rows
from embedcore.schemes.declaration import Parameter

N_BUCKETS: Final = Parameter(
    "n_buckets", int, "--n-buckets", "of {schemes}", default=0, default_words="0: none", step=2
)
_NEAR = 1e-9  # a logarithm that is whole on paper may miss its whole number by a last bit


def t5_buckets(
    reach: int, *, n_buckets: int, max_distance: int, is_bidirectional: bool
) -> Int64[np.ndarray, " 2*reach+1"]:
    """Return T5's bucket of each distance −reach … reach, query minus key: 0 … n_buckets − 1.

    Of the n buckets that a direction has, the first n/2 hold one distance each; a distance d beyond falls into
    n/2 + ⌊log(d / (n/2)) / log(max_distance / (n/2)) · n/2⌋, and what is farther than max_distance into the last.
    Without `is_bidirectional` keys ahead share bucket 0. Source: Raffel et al. 2020, section 2.1.

    >>> t5_buckets(3, n_buckets=8, max_distance=20, is_bidirectional=True)
    array([6, 6, 5, 0, 1, 2, 2])
    """
    check_buckets(n_buckets, max_distance, is_bidirectional=is_bidirectional)
    sizes = _sizes(reach)
    each = n_buckets // 2 if is_bidirectional else n_buckets
    n_exact = each // 2
    share = np.log(np.maximum(sizes, n_exact) / n_exact) / np.log(max_distance / n_exact)
    far = n_exact + _floor(share * (each - n_exact))
    behind = np.where(sizes < n_exact, sizes, np.minimum(far, each - 1))
    ahead = behind[:0:-1] + each if is_bidirectional else np.zeros(reach, np.int64)
    return np.concatenate((ahead, behind))


def deberta_rows(reach: int, *, max_distance: int, n_buckets: int) -> Int64[np.ndarray, " 2*reach+1"]:
    """Return DeBERTa's row δ of each distance −reach … reach, query minus key: 0 … 2k − 1.

    Without buckets k is max_distance, and δ = clip(distance + k, 0, 2k − 1). With them k is n_buckets, and the distance
    is bucketed first: itself up to n_buckets / 2, then logarithmic. Source: He et al. 2021, equation 3; the buckets are
    those of DeBERTa v2's code.

    >>> deberta_rows(3, max_distance=2, n_buckets=0)
    array([0, 0, 1, 2, 3, 3, 3])
    """
    n_rows = n_deberta_rows(max_distance, n_buckets)
    sizes = _sizes(reach)
    if n_buckets:
        half = n_buckets // 2
        share = np.log(np.maximum(sizes, half) / half) / np.log((max_distance - 1) / half)
        far = half - _floor(-share * (half - 1))  # minus the floor of the negative is the ceiling
        sizes = np.where(sizes <= half, sizes, far)
    return np.clip(np.concatenate((-sizes[:0:-1], sizes)) + n_rows // 2, 0, n_rows - 1)


def _sizes(reach: int) -> Int64[np.ndarray, " n"]:
    check_memory(f"the buckets of distances up to {reach:,}", 2 * reach + 1, n_bytes=8)
    return np.arange(reach + 1)


def _floor(values: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Return ⌊values⌋, where what is within 10⁻⁹ of a whole number is taken for it."""
    nearest = np.rint(values)
    return np.where(np.abs(values - nearest) < _NEAR, nearest, np.floor(values)).astype(np.int64)
