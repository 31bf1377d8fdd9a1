"""What a converter to GGUF did to tensors, undone exactly: rows of pairs, norms plus one, fused projections."""

import numpy as np

from embedcore.errors import ModelFileError
from export.sources.gguf_names import Change


def undone(values: np.ndarray, change: Change, *, n_heads: int, n_kv_heads: int, is_key: bool) -> np.ndarray:
    """Return a tensor as Hugging Face stores it. `is_key`: the rows are of keys, which may have fewer heads.

    Raises ModelFileError where the tensor has no such heads.
    """
    if change == "transposed":
        return values.T if values.ndim == 2 else values
    if change == "plus one":
        # Exact: of 1 + w in float32, the difference to 1 has no more digits than it.
        return values - np.float32(1) if values.dtype == np.float32 else values.astype(np.float32) - np.float32(1)
    if change == "pairs":
        return _halves(values, n_kv_heads if is_key else n_heads)
    each = n_heads // n_kv_heads if change == "groups" else 1
    return _regrouped(values, n_groups=n_kv_heads if change == "groups" else n_heads, each=each)


def _halves(values: np.ndarray, n_heads: int) -> np.ndarray:
    """Return rows [n_heads · head_dim] with the second numbers of the pairs of a head behind the first ones.

    >>> _halves(np.array([0, 2, 1, 3, 4, 6, 5, 7]), 2).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    _check(values, 2 * n_heads)
    rest = values.shape[1:]
    return values.reshape(n_heads, -1, 2, *rest).swapaxes(1, 2).reshape(values.shape)


def _regrouped(values: np.ndarray, *, n_groups: int, each: int) -> np.ndarray:
    """Return rows of all queries, all keys, all values as groups of `each` queries, their key and their value."""
    _check(values, n_groups * (each + 2))
    rest = values.shape[1:]
    width = len(values) // (n_groups * (each + 2))
    n_queries, n_keys = n_groups * each * width, n_groups * width
    parts = np.split(values, [n_queries, n_queries + n_keys])
    grouped = [part.reshape(n_groups, -1, width, *rest) for part in parts]
    return np.concatenate(grouped, axis=1).reshape(values.shape)


def _check(values: np.ndarray, n_parts: int) -> None:
    if n_parts < 1 or len(values) % n_parts:
        msg = f"a projection of {len(values)} rows is not made of {n_parts} equal parts, as its number of heads says"
        raise ModelFileError(f"{msg}: fetch or convert the file again")
