"""Sizes and parameters that the torch modules and the graphs check in the same words, before any maths."""

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

import numpy as np

from embedcore.errors import ShapeError

LARGEST_BASE: Final = 1e12
DEFAULT_BIAS_MAX: Final = 8.0  # ALiBi's
LARGEST_BIAS_MAX: Final = 100.0  # 2^−100 is a slope that no float32 score shows
WaveLayout = Literal["interleaved", "halves"]
WAVE_LAYOUTS: Final[tuple[WaveLayout, ...]] = get_args(WaveLayout)
LARGEST_TABLE: Final = 1_500_000_000  # bytes
LARGEST_SIZE: Final = 2**53  # float64 holds every whole number up to it


def head_width(d_model: int, n_heads: int) -> int:
    """Return head_dim = d_model / n_heads. Raises ShapeError unless n_heads ≥ 1 divides d_model ≥ 1.

    >>> head_width(64, 4)
    16
    """
    check_size(1, d_model=d_model)
    check_whole(n_heads=n_heads)
    if n_heads < 1 or d_model % n_heads:
        fits = ", ".join(str(number) for number in range(1, min(d_model, 64) + 1) if d_model % number == 0)
        msg = f"d_model {d_model} does not divide into {shown(n_heads)} heads: choose one of {fits}"
        raise ShapeError(msg)
    return int(d_model) // int(n_heads)


def paired_head_width(d_model: int, n_heads: int) -> int:
    """Return head_dim = d_model / n_heads. Raises ShapeError unless it is even: sine and cosine come in pairs.

    >>> paired_head_width(64, 4)
    16
    """
    head_dim = head_width(d_model, n_heads)
    if head_dim % 2:
        fits = [str(number) for number in range(1, min(d_model // 2, 64) + 1) if d_model % (2 * number) == 0]
        below = max(1, d_model // (2 * n_heads)) * 2 * n_heads
        remedy = f"choose {either(fits)} heads, or" if fits else "choose"
        msg = (
            f"head_dim is {head_dim}, but sine and cosine come in pairs: {remedy} a d_model of {below} or "
            f"{below + 2 * n_heads}"
        )
        raise ShapeError(msg)
    return head_dim


def check_pairs(width: int, name: str = "d_model") -> None:
    """Raise ShapeError unless `width` is even and at least 2: sine and cosine come in pairs."""
    check_whole(**{name: width})
    if width < 2 or width % 2:
        msg = (
            f"{name} is {shown(width)}, but sine and cosine come in pairs: choose an even width, "
            f"{shown(max(2, width + 1))} say"
        )
        raise ShapeError(msg)
    check_size(2, **{name: width})


def check_base(base: float) -> None:
    """Raise ShapeError unless 0 < base ≤ 10¹²."""
    check_number(base=base)
    if not 0 < base <= LARGEST_BASE:
        msg = f"base is {shown(base)}, but must be above 0 and at most {LARGEST_BASE:g}: the papers take 10000"
        raise ShapeError(msg)


def check_bias_max(bias_max: float) -> None:
    """Raise ShapeError unless 0 < bias_max ≤ 100."""
    check_number(bias_max=bias_max)
    if not 0 < bias_max <= LARGEST_BIAS_MAX:
        msg = f"bias_max is {shown(bias_max)}, but must be above 0 and at most {LARGEST_BIAS_MAX:g}: the paper takes 8"
        raise ShapeError(msg)


def check_wave_layout(layout: str) -> None:
    """Raise ShapeError unless sines and cosines are laid out in one of the two ways."""
    if not isinstance(layout, str) or layout not in WAVE_LAYOUTS:
        names = ", ".join(WAVE_LAYOUTS)
        msg = f"wave_layout is {shown(layout)}, but must be one of {names}: the paper interleaves its waves"
        raise ShapeError(msg)


def check_whole(**values: Any) -> None:
    """Raise ShapeError unless each of `values` is a whole number, numpy's too; True and False are not numbers."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            is_real = isinstance(value, float | np.floating) and abs(float(value)) < LARGEST_SIZE
            remedy = f"write {max(1, round(float(value)))}" if is_real else "write one, 4 say"
            msg = f"{name} is {shown(value)} ({type(value).__name__}), but must be a whole number: {remedy}"
            raise ShapeError(msg)


def check_number(**values: Any) -> None:
    """Raise ShapeError unless each of `values` is a number, numpy's too; True and False are not numbers."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            msg = f"{name} is {shown(value)} ({type(value).__name__}), but must be a number: write one, 4 say"
            raise ShapeError(msg)


def check_finite(**values: Any) -> None:
    """Raise ShapeError unless each of `values` is a finite number."""
    check_number(**values)
    for name, value in values.items():
        if not -float("inf") < value < float("inf"):
            msg = f"{name} is {shown(value)}, but must be finite: choose another, 1 say"
            raise ShapeError(msg)


def check_flag(**values: Any) -> None:
    """Raise ShapeError unless each of `values` is true or false."""
    for name, value in values.items():
        if not isinstance(value, bool | np.bool_):
            msg = f"{name} is {shown(value)} ({type(value).__name__}), but must be True or False"
            raise ShapeError(msg)


def check_least(least: float, **values: Any) -> None:
    """Raise ShapeError, with both numbers, unless each of `values` is finite and at least `least`."""
    check_number(**values)
    for name, value in values.items():
        if not least <= value < float("inf"):
            msg = f"{name} is {shown(value)}, but must be {least:g} or more, and finite"
            raise ShapeError(msg)


def check_size(least: int, **values: Any) -> None:
    """Raise ShapeError unless each of `values` is a whole number, at least `least` and at most 2⁵³."""
    check_whole(**values)
    check_least(least, **values)
    for name, value in values.items():
        if value > LARGEST_SIZE:
            msg = f"{name} is {shown(value)}, but must be {LARGEST_SIZE} or less"
            raise ShapeError(msg)


def check_index(n: int, **values: Any) -> None:
    """Raise ShapeError unless each of `values` is a whole number from 0 to n − 1."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            kind = type(value).__name__
            msg = f"{name} is {shown(value)} ({kind}), but must be a whole number from 0 to {n - 1}"
            raise ShapeError(msg)
        if not 0 <= value < n:
            msg = f"{name} {shown(value)} is outside 0…{n - 1}"
            raise ShapeError(msg)


def check_memory(
    what: str,
    n_values: int,
    *,
    n_bytes: int = 4,
    most: int = LARGEST_TABLE,
    remedy: str = "choose a shorter sequence",
) -> None:
    """Raise ShapeError if `n_values` numbers of `n_bytes` each need over `most` bytes; `what` names them."""
    if n_values * n_bytes > most:
        msg = f"{what} would take {n_values * n_bytes:,} bytes, and {most:,} is the most: {remedy}"
        raise ShapeError(msg)


def check_table(n_rows: int, n_columns: int) -> None:
    """Raise ShapeError if a table of float32 [n_rows, n_columns] is larger than one file may hold."""
    most, n_rows, n_columns = LARGEST_TABLE // 4, int(n_rows), int(n_columns)
    check_memory(
        f"a table of {n_rows:,} × {n_columns:,}",
        n_rows * n_columns,
        most=LARGEST_TABLE,
        remedy=f"choose {most // n_columns:,} rows or fewer"
        if n_columns <= most
        else f"choose {most:,} columns or fewer",
    )


def shown(value: Any) -> str:
    """Return a value as a message shows it: a number in few digits, anything else cut short."""
    if isinstance(value, int | np.integer) and abs(int(value)) > LARGEST_SIZE:
        n_bits = abs(int(value)).bit_length()
        return f"a number of {n_bits:,} bits" if n_bits > 1000 else f"{float(value):.4g}"
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    return f"{value!r:.60}" if isinstance(value, str) else f"{value!s:.60}"


def either(choices: Sequence[str]) -> str:
    """Return choices as a sentence names them: "1, 2 or 4"."""
    return _listed(choices, "or")


def together(names: Sequence[str]) -> str:
    """Return one or more names as a sentence lists them: "shaw, t5 and rope"."""
    return _listed(names, "and")


def _listed(words: Sequence[str], before_last: str) -> str:
    *most, last = words
    return f"{', '.join(most)} {before_last} {last}" if most else last


def unused_words(name: str, chosen: str, users: Sequence[str]) -> str:
    """Return the message for a setting that was given and that only `users` use, but not `chosen`.

    >>> unused_words("base", "alibi", ["sinusoidal", "rope"])
    'base is not used by alibi: it belongs to sinusoidal and rope; leave it out, or choose one of those'
    """
    remedy = "choose one of those" if len(users) > 1 else "choose that one"
    return f"{name} is not used by {chosen}: it belongs to {together(users)}; leave it out, or {remedy}"


def n_shaw_rows(max_distance: int) -> int:
    """Return 2·max_distance + 1, the distances that Shaw et al. tell apart. Raises ShapeError unless it is ≥ 1."""
    check_size(1, max_distance=max_distance)
    return 2 * int(max_distance) + 1


def n_bert_rows(max_distance: int) -> int:
    """Return 2·max_distance − 1, the distances between max_distance places. Raises ShapeError unless it is ≥ 1."""
    check_size(1, max_distance=max_distance)
    return 2 * int(max_distance) - 1


def n_deberta_rows(max_distance: int, n_buckets: int) -> int:
    """Return 2k, with k = n_buckets, or max_distance without buckets. Raises ShapeError where they do not fit."""
    check_size(1, max_distance=max_distance)
    check_log_buckets(n_buckets, max_distance)
    return 2 * int(n_buckets or max_distance)


def check_buckets(n_buckets: int, max_distance: int, *, is_bidirectional: bool) -> None:
    """Raise ShapeError unless T5's buckets can tell distances apart: half of them exact, the rest up to max_distance.

    n_buckets even and ≥ 4 where they serve both directions, otherwise ≥ 2; max_distance above the exact half.
    """
    check_whole(n_buckets=n_buckets, max_distance=max_distance)
    check_flag(is_bidirectional=is_bidirectional)
    least = 4 if is_bidirectional else 2
    if n_buckets < least or (is_bidirectional and n_buckets % 2):
        msg = f"n_buckets is {shown(n_buckets)}, but must be {'even and ' if is_bidirectional else ''}{least} or more"
        raise ShapeError(msg)
    n_exact = n_buckets // 4 if is_bidirectional else n_buckets // 2
    if max_distance <= n_exact:
        msg = (
            f"max_distance is {shown(max_distance)}, but the first {shown(n_exact)} distances have buckets of their "
            "own: choose more"
        )
        raise ShapeError(msg)
    check_size(1, n_buckets=n_buckets, max_distance=max_distance)


def check_log_buckets(n_buckets: int, max_distance: int) -> None:
    """Raise ShapeError unless DeBERTa's log buckets fit: 0 (none), or even, ≥ 4, max_distance > n_buckets / 2 + 1."""
    check_whole(n_buckets=n_buckets, max_distance=max_distance)
    if n_buckets == 0:
        return
    if n_buckets < 4 or n_buckets % 2:
        msg = f"n_buckets is {shown(n_buckets)}, but must be 0 (none) or even and 4 or more"
        raise ShapeError(msg)
    if max_distance <= n_buckets // 2 + 1:
        least = shown(n_buckets // 2 + 1)
        msg = f"max_distance is {shown(max_distance)}, but the buckets need more than {least}: choose more"
        raise ShapeError(msg)
