"""One number for each point of a map → one of up to 251 codes, so that a color travels as one byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int16, Int64, Shaped, UInt8

from embedcore.errors import ShapeError
from embedcore.values import ByContent

_MOST_IN_ORDER: Final = 6  # words: each then has a hue of its own
LAST: Final = 250  # not 255: in base64 it is all slashes, and plotly writes each as six characters


@dataclass(frozen=True, slots=True, eq=False)
class PointColors(ByContent):
    """A color code for each point. Code c means `words[c]`, or without words the value `offset + unit · c`.

    Of more than six words the most frequent come first, so that the most distinct colors go to most of the points.
    """

    name: str
    codes: UInt8[np.ndarray, " n"]
    offset: float = 0.0
    unit: float = 1.0
    words: tuple[str, ...] = ()

    @property
    def is_continuous(self) -> bool:
        """Whether the codes are steps of a scale."""
        return not self.words

    def part(self, rows: np.ndarray) -> "PointColors":
        """Return the colors of some of the points."""
        return PointColors(self.name, self.codes[rows], self.offset, self.unit, self.words)


def scale_colors(name: str, values: Shaped[np.ndarray, " n"]) -> PointColors:
    """Color by a number: 251 even steps from the least to the greatest value. Raises ShapeError for NaN or infinity.

    A code gives its value back within half a step. Values less than 6e-306 apart, where float64 has no digits left for
    250 steps, are all of one color.
    """
    wide = values.astype(np.float64)
    if not np.isfinite(wide).all():
        msg = (
            f"{int((~np.isfinite(wide)).sum()):,} of {len(wide):,} values of {name} are NaN or infinite: leave them out"
        )
        raise ShapeError(msg)
    low, high = float(wide.min()), float(wide.max())
    unit = (high / 2 - low / 2) / LAST * 2  # halves: the whole range may be more than float64 holds
    if unit < np.finfo(np.float64).tiny:
        return PointColors(name, np.zeros(len(wide), np.uint8), low, 0.0)
    return PointColors(name, np.rint((wide / 2 - low / 2) / (unit / 2)).astype(np.uint8), low, unit)


def cluster_colors(
    name: str, labels: Int16[np.ndarray, " n"], shown: Int64[np.ndarray, " n_shown"], *, n_hues: int
) -> PointColors:
    """Color the clusters `shown` in `n_hues` hues in turn, and all other points, code n_hues, as "other".

    `labels` are the cluster of each point, −1 for none.

    >>> cluster_colors("cluster", np.array([0, 1, 2, -1], np.int16), np.array([2, 0]), n_hues=6).codes
    array([1, 6, 0, 6], dtype=uint8)
    """
    hue_of = np.full(int(labels.max()) + 2, n_hues)  # the last one is that of label −1
    hue_of[shown] = np.arange(len(shown)) % n_hues
    return PointColors(name, hue_of[labels].astype(np.uint8), words=("",) * n_hues + ("other",))


def kind_colors(name: str, kinds: Shaped[np.ndarray, " n"], words: Sequence[str]) -> PointColors:
    """Color by a kind: `kinds` index `words`, 251 at most. Kinds that do not occur are left out.

    Up to six words keep their order, so that a legend is the same whatever is drawn; of more the most frequent come
    first.
    """
    counts = np.bincount(kinds.astype(np.int64), minlength=len(words))
    ranked = np.argsort(-counts, kind="stable") if len(words) > _MOST_IN_ORDER else np.arange(len(words))
    order = [kind for kind in ranked.tolist() if counts[kind] > 0]
    if len(order) > LAST + 1:
        msg = f"{len(order)} kinds of {name} are more than the {LAST + 1} that can be colored: choose another color"
        raise ShapeError(msg)
    code_of = np.zeros(len(counts), np.uint8)
    code_of[order] = np.arange(len(order))
    return PointColors(name, code_of[kinds], words=tuple(words[kind] for kind in order))
