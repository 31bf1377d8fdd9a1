"""What the schemes share that turn queries and keys to their places, one pair of dimensions after the other."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from embedcore.checks.given import Array, Number, Size
from embedcore.checks.sizes import check_index
from embedcore.schemes.attention import Heads, Scheme
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Frequencies(ByContent):
    """The angle in radians by which each pair of a head turns from one position to the next, and the attention factor.

    The attention factor multiplies cosines and sines.
    """

    values: Float64[np.ndarray, " n_pairs"]
    attention_factor: float

    @property
    def wavelengths(self) -> Float64[np.ndarray, " n_pairs"]:
        """The number of positions that each pair takes for one full turn; infinity for a pair that stands still."""
        turning = self.values > 0
        return np.divide(2 * np.pi, self.values, out=np.full_like(self.values, np.inf), where=turning)

    @property
    def n_still(self) -> int:
        """How many pairs stand still."""
        return int(np.count_nonzero(self.values == 0))

    def n_longer(self, length: Number) -> int:
        """Return how many pairs take more than `length` positions for one full turn."""
        return int(np.count_nonzero(self.wavelengths > length))

    def degrees(self, pair: Size, place: Number) -> float:
        """Return the angle of a pair at a place past its full turns, 0 to 360 degrees, to a tenth of a degree.

        Raises ShapeError where there is no such pair.

        >>> Frequencies(np.array([np.pi / 2, 1.0]), 1.0).degrees(0, 7)
        270.0
        """
        check_index(len(self.values), pair=pair)
        return round(float(np.degrees(place * self.values[pair])), 1) % 360


class Rotary(Scheme):
    """A scheme that turns queries and keys; every pair of dimensions turns at a frequency of its own."""

    __slots__ = ()

    @property
    def scaling(self) -> str:
        """How the frequencies are stretched."""
        return "none"

    @property
    def trained_length(self) -> int | None:
        """The trained length, where the scheme has it."""
        return None

    def stretched(self, trained_length: Size, head_dim: Size) -> dict[str, "Rotary"]:
        """Return this scheme with each scaling in turn, by the scaling's name, for a model of that trained length."""
        del trained_length, head_dim
        return {self.scaling: self}

    @abstractmethod
    def frequencies(self, head_dim: Size, *, length: Size) -> Frequencies:
        """Return the frequencies for `length` ≥ 1 places."""

    @abstractmethod
    def waves(
        self, positions: Array, head_dim: Size
    ) -> tuple[Float32[np.ndarray, "n head_dim"], Float32[np.ndarray, "n head_dim"]]:
        """Return cosines and sines at `positions` [n], in the order of the dimensions of a head."""

    @abstractmethod
    def rotated(self, vectors: Array, positions: Array, heads: Heads) -> Float32[np.ndarray, "n_chosen n head_dim"]:
        """Return the heads of vectors [n, d_model], turned to their places."""

    @abstractmethod
    def pairs(self, head_dim: Size) -> Int64[np.ndarray, "n_pairs 2"]:
        """Return the two dimensions of each pair."""
