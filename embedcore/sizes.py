"""Sizes and parameters that the torch modules and the graphs check in the same words, before any maths."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

from embedcore.errors import ShapeError

LARGEST_BASE: Final = 1e12
DEFAULT_BIAS_MAX: Final = 8.0  # ALiBi's
LARGEST_BIAS_MAX: Final = 100.0  # 2^−100 is a slope that no float32 score shows
WaveLayout = Literal["interleaved", "halves"]
WAVE_LAYOUTS: Final[tuple[WaveLayout, ...]] = get_args(WaveLayout)


def head_width(d_model: int, n_heads: int) -> int:
    """Return head_dim = d_model / n_heads. Raises ShapeError unless n_heads ≥ 1 divides d_model.

    >>> head_width(64, 4)   →   16
    """
    if n_heads < 1 or d_model % n_heads:
        fits = ", ".join(str(number) for number in range(1, min(d_model, 64) + 1) if d_model % number == 0)
        msg = f"d_model {d_model} does not divide into {n_heads} heads: choose one of {fits}"
        raise ShapeError(msg)
    return d_model // n_heads


def check_pairs(width: int, name: str = "d_model") -> None:
    """Raise ShapeError unless `width` is even and at least 2: sine and cosine come in pairs."""
    if width < 2 or width % 2:
        remedy = "choose heads that make it even" if name == "head_dim" else "choose an even width"
        msg = f"{name} is {width}, but sine and cosine come in pairs: {remedy}, {max(2, width + 1)} say"
        raise ShapeError(msg)


def check_base(base: float) -> None:
    """Raise ShapeError unless 0 < base ≤ 10¹²."""
    if not 0 < base <= LARGEST_BASE:
        msg = f"base is {base:g}, but must be above 0 and at most {LARGEST_BASE:g}: the papers take 10000"
        raise ShapeError(msg)


def check_bias_max(bias_max: float) -> None:
    """Raise ShapeError unless 0 < bias_max ≤ 100."""
    if not 0 < bias_max <= LARGEST_BIAS_MAX:
        msg = f"bias_max is {bias_max:g}, but must be above 0 and at most {LARGEST_BIAS_MAX:g}: the paper takes 8"
        raise ShapeError(msg)


def check_wave_layout(layout: str) -> None:
    """Raise ShapeError unless sines and cosines are laid out in one of the two ways."""
    if layout not in WAVE_LAYOUTS:
        msg = (
            f"wave_layout is {layout!r}, but must be one of {', '.join(WAVE_LAYOUTS)}: the paper interleaves its waves"
        )
        raise ShapeError(msg)


def check_least(least: float, **values: float) -> None:
    """Raise ShapeError, with both numbers, unless each of `values` is finite and at least `least`."""
    for name, value in values.items():
        if not least <= value < float("inf"):
            msg = f"{name} is {value:g}, but must be {least:g} or more, and finite"
            raise ShapeError(msg)


def check_memory(what: str, n_values: int, *, n_bytes: int = 4, most: int = 1_500_000_000) -> None:
    """Raise ShapeError if `n_values` numbers of `n_bytes` each need over `most` bytes; `what` names them."""
    if n_values * n_bytes > most:
        msg = f"{what} would take {n_values * n_bytes:,} bytes, and {most:,} is the most: choose a shorter sequence"
        raise ShapeError(msg)


def unused_words(name: str, chosen: str, users: Sequence[str]) -> str:
    """Return the message for a setting that is given, but that what is chosen does not use; `users` do.

    >>> unused_words("base", "alibi", ["sinusoidal", "rope"])
    'base is not used by alibi: it belongs to sinusoidal and rope; leave it out, or choose one of those'
    """
    *most, last = users
    names = f"{', '.join(most)} and {last}" if most else last
    remedy = "choose one of those" if most else "choose that one"
    return f"{name} is not used by {chosen}: it belongs to {names}; leave it out, or {remedy}"


def n_shaw_rows(max_distance: int) -> int:
    """Return 2·max_distance + 1, the distances that Shaw et al. tell apart. Raises ShapeError unless it is ≥ 1."""
    check_least(1, max_distance=max_distance)
    return 2 * max_distance + 1


def n_bert_rows(max_distance: int) -> int:
    """Return 2·max_distance − 1, the distances between max_distance places. Raises ShapeError unless it is ≥ 1."""
    check_least(1, max_distance=max_distance)
    return 2 * max_distance - 1


def n_deberta_rows(max_distance: int, n_buckets: int) -> int:
    """Return 2k, k = n_buckets where there are any, max_distance else. Raises ShapeError where they do not fit."""
    check_least(1, max_distance=max_distance)
    check_log_buckets(n_buckets, max_distance)
    return 2 * (n_buckets or max_distance)


def check_buckets(n_buckets: int, max_distance: int, *, is_bidirectional: bool) -> None:
    """Raise ShapeError unless T5's buckets can tell distances apart: half of them exact, the rest up to max_distance.

    n_buckets even and ≥ 4 where they serve both directions, ≥ 2 else; max_distance above the exact half.
    """
    least = 4 if is_bidirectional else 2
    if n_buckets < least or (is_bidirectional and n_buckets % 2):
        msg = f"n_buckets is {n_buckets}, but must be {'even and ' if is_bidirectional else ''}{least} or more"
        raise ShapeError(msg)
    n_exact = n_buckets // 4 if is_bidirectional else n_buckets // 2
    if max_distance <= n_exact:
        msg = (
            f"max_distance is {max_distance}, but the first {n_exact} distances have buckets of their own: choose more"
        )
        raise ShapeError(msg)


def check_log_buckets(n_buckets: int, max_distance: int) -> None:
    """Raise ShapeError unless DeBERTa's log buckets fit: 0 (none), or even, ≥ 4, max_distance > n_buckets / 2 + 1."""
    if n_buckets == 0:
        return
    if n_buckets < 4 or n_buckets % 2:
        msg = f"n_buckets is {n_buckets}, but must be 0 (none) or even and 4 or more"
        raise ShapeError(msg)
    if max_distance <= n_buckets // 2 + 1:
        msg = f"max_distance is {max_distance}, but the buckets need more than {n_buckets // 2 + 1}: choose more"
        raise ShapeError(msg)
