"""Check and Pair: what `python -m export verify` finds, and two computations of one output side by side."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the file: its name, whether it is met, and the details in words."""

    name: str
    is_met: bool
    detail: str


class Pair:
    """Two computations of one output, compared block by block."""

    def __init__(self, name: str, tolerance: tuple[float, float] | None) -> None:
        self._name = name
        self._tolerance = tolerance
        self._rule = "bit for bit" if tolerance is None else f"rtol {tolerance[0]:g}, atol {tolerance[1]:g}"
        self._largest = 0.0
        self._failure = ""

    def compare(self, values: np.ndarray, expected: np.ndarray) -> None:
        """Compare a block by the rule; of the blocks that break it, the first is reported."""
        if self._failure:
            return
        rtol, atol = self._tolerance or (0.0, 0.0)
        difference = (
            np.abs(np.subtract(values, expected, dtype=np.float64)) if values.shape == expected.shape else np.inf
        )
        if not np.all(difference <= atol + rtol * np.abs(expected)):
            try:  # numpy words the failure, and compares NaN and infinity by its rule
                if self._tolerance is None:
                    np.testing.assert_array_equal(values, expected, strict=values.dtype == expected.dtype)
                else:
                    np.testing.assert_allclose(values, expected, rtol=rtol, atol=atol)
            except AssertionError as error:
                self._failure = " ".join(line.strip() for line in str(error).splitlines()[1:6])
                return
        self._largest = max(self._largest, float(np.max(difference)))

    def check(self, reach: str) -> Check:
        """Return the check that was made; `reach` says, in words, how far the comparison went."""
        detail = self._failure or f"largest difference {self._largest:.2g}"
        return Check(self._name, not self._failure, f"{self._rule}, {reach}: {detail}")
