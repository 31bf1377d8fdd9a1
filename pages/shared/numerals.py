"""Numbers as sentences write them: with singular and plural, no share rounded to nothing, and no minus zero."""

import math


def count(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `one` for 1, otherwise `many`, which is `one` with an s by default.

    >>> count(1, "batch", "batches"), count(2000, "token")
    ('1 batch', '2,000 tokens')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def verb(n: int, one: str, many: str) -> str:
    """Return the form of a verb for `n` things: `one` for 1, otherwise `many`."""
    return one if n == 1 else many


def share(part: float, digits: int = 0) -> str:
    """Return a share as a percentage that says 0% or 100% only of nothing and of all.

    >>> share(0.4), share(0.9999), share(1e-9, 1), share(math.nan)
    ('40%', 'over 99%', 'under 0.1%', 'an undefined share')
    """
    if not math.isfinite(part):
        return "an undefined share"
    said, step = f"{part + 0.0:.{digits}%}", 10.0**-digits
    if said == f"{1:.{digits}%}" and part < 1:
        return f"over {100 - step:.{digits}f}%"
    if float(said[:-1]) == 0 and part != 0:
        return f"under {step:.{digits}f}%" if part > 0 else f"between −{step:.{digits}f}% and 0%"
    return said.replace("-", "−")


def decimal(value: float, digits: int = 4) -> str:
    """Return a number with `digits` behind the point, or the order of magnitude of one that would falsely show as zero.

    >>> decimal(0.12345), decimal(-0.0), decimal(-1e-9), decimal(math.inf)
    ('0.1235', '0.0000', '-1.0e-09', 'infinite')
    """
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    said = f"{value:.{digits}f}"
    if float(said) == 0:
        return f"{value:.1e}" if value else f"{0:.{digits}f}"
    return said


def fixed(value: float, digits: int = 4) -> str:
    """Return a number with `digits` behind the point, where anything smaller is only rounding.

    >>> fixed(-1e-9), fixed(math.inf)
    ('0.0000', 'infinite')
    """
    return decimal(round(value, digits) + 0.0 if math.isfinite(value) else value, digits)


def first_drawn(most: int, n: int, noun: str = "tokens") -> str:
    """Say, after another sentence, that only the first `most` of `n` things are drawn; nothing where all are."""
    return f" The first {most:,} of {n:,} {noun} are drawn; the table holds them all." if n > most else ""
