"""The scale of a heat picture: where its colors end, which one outlier must not decide, and the bar that says so."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from embedcore.figures.palette import Style
from embedcore.figures.style import SMALL, number, svg_text

SHARE: Final = 0.99  # of all values; what is larger may lie beyond the ends of the scale
BAR: Final = (180, 8)  # px
_LEAST: Final = 1e-300  # nothing, where float64 has no digits left to round


@dataclass(frozen=True, slots=True)
class ColorRange:
    """Where colors end: from −`limit` to `limit`, of shares from 0; `is_cut` where values lie beyond."""

    limit: float
    is_cut: bool = False
    is_share: bool = False

    @property
    def ends(self) -> dict[float, str]:
        """What the bar says, by the value where it says so: "≤ −0.5" where values lie beyond, otherwise "−0.5"."""
        lowest, highest = ("≤ ", "≥ ") if self.is_cut else ("", "")
        low = {} if self.is_share else {-self.limit: f"{lowest}{number(-self.limit)}"}
        return {**low, 0.0: "0", self.limit: f"{highest}{number(self.limit)}"}


def signed_range(*arrays: Float[np.ndarray, "..."]) -> ColorRange:
    """Return the range of signed values: as far as the 99th percentile of all |values|, rounded up to one digit.

    It ends earlier where the largest |value|, rounded up to two digits, is smaller: then nothing lies beyond.

    >>> signed_range(np.array([0.1] * 199 + [-7.0])).ends
    {-0.1: '≤ −0.1', 0.0: '0', 0.1: '≥ 0.1'}
    >>> signed_range(np.array([1.0, -1.352])).ends
    {-1.4: '−1.4', 0.0: '0', 1.4: '1.4'}
    """
    sizes = np.concatenate([np.zeros(0), *(np.abs(values, dtype=np.float64).ravel() for values in arrays)])
    largest = float(sizes.max(initial=0.0))
    if largest < _LEAST:
        return ColorRange(1.0)
    usual, whole = _up(float(np.quantile(sizes, SHARE)), 1), _up(largest, 2)
    limit = min(usual, whole) if usual else whole
    return ColorRange(limit, is_cut=largest > limit)


def share_range(*arrays: Float[np.ndarray, "..."]) -> ColorRange:
    """Return the range of shares, from 0 to the largest one, rounded up to two digits."""
    largest = max((float(values.max(initial=0.0)) for values in arrays), default=0.0)
    return ColorRange(_up(largest, 2) or 1.0, is_share=True)


def color_axis(colors: ColorRange, style: Style) -> dict[str, Any]:
    """Return plotly's color axis for a range, with its bar below the right end of the picture."""
    return {
        "colorscale": style.sequential if colors.is_share else style.diverging,
        "cmin": 0 if colors.is_share else -colors.limit,
        "cmax": colors.limit,
        "colorbar": color_bar(colors.ends),
    }


def color_bar(said: dict[float, str], name: str = "") -> dict[str, Any]:
    """Return plotly's color bar, 180 × 8 px, with words at values, and what they are above it."""
    return {
        "orientation": "h",
        "lenmode": "pixels",
        "len": BAR[0],
        "thickness": BAR[1],
        "x": 0.985,  # its last word needs the rest
        "xanchor": "right",
        "xpad": 0,
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "ypad": 5,
        "title": {"text": svg_text(name), "side": "top", "font": {"size": SMALL}},
        "outlinewidth": 0,
        "ticks": "",
        "tickvals": list(said),
        "ticktext": list(said.values()),
    }


def _up(value: float, digits: int) -> float:
    """Return the least number of `digits` significant digits that is no less than `value` ≥ 0, but for rounding."""
    if value < _LEAST:
        return 0.0
    power = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    return float(f"{math.ceil(value / power - 1e-6) * power:.{digits}g}")
