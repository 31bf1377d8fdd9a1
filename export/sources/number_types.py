"""The types of numbers that checkpoints store, by the names that safetensors gives them, and how they are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, UInt8, UInt16


@dataclass(frozen=True, slots=True, eq=False)
class NumberType:
    """A type of number: how many bits one takes, the numpy type of its bytes, and what they become when read.

    `stored` is None where the numbers are narrower than a byte or have no numpy type: such a tensor cannot be read.
    `widen` is None where the bytes are given as they are; else it makes numbers of the type `given` from them.
    """

    n_bits: int
    stored: np.dtype | None
    given: np.dtype | None
    widen: Callable[[np.ndarray], np.ndarray] | None = None


def widened_bfloat16(bits: UInt16[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """Return bfloat16 numbers as float32, exactly: their bits are the upper half.

    >>> float(widened_bfloat16(np.array([0x3F80], np.uint16))[0])
    1.0
    """
    wide = bits.astype(np.uint32)
    np.left_shift(wide, 16, out=wide)
    return wide.view(np.float32)


def widened_bytes(values: Float32[np.ndarray, "256"]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that looks bytes up in a list of 256 numbers."""

    def widened(codes: UInt8[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
        return values[codes]

    return widened


def float8_values(*, n_exponent: int, n_mantissa: int, bias: int, has_infinity: bool) -> Float32[np.ndarray, "256"]:
    """Return the 256 numbers of an 8-bit float, by its bits.

    Without infinities only the code of all ones is no number, and the exponent of all ones is an ordinary one.
    Source: Micikevicius et al. 2022, FP8 Formats for Deep Learning, table 1.
    """
    codes = np.arange(256)
    exponent, mantissa = (codes >> n_mantissa) & (2**n_exponent - 1), codes & (2**n_mantissa - 1)
    fraction = np.where(exponent == 0, 0.0, 1.0) + mantissa * 2.0**-n_mantissa
    values = fraction * 2.0 ** (np.maximum(exponent, 1) - bias)
    top = exponent == 2**n_exponent - 1
    if has_infinity:
        values[top] = np.where(mantissa[top] == 0, np.inf, np.nan)
    else:
        values[top & (mantissa == 2**n_mantissa - 1)] = np.nan
    return np.where(codes < 128, values, -values).astype(np.float32)


def _plain(code: str) -> NumberType:
    dtype = np.dtype(code)
    return NumberType(dtype.itemsize * 8, dtype, dtype)


def _is_not_zero(codes: UInt8[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    return codes != 0  # a byte of 2 read as a truth value would be neither


_BYTE: Final = np.dtype(np.uint8)
_SINGLE: Final = np.dtype(np.float32)
_E4M3: Final = float8_values(n_exponent=4, n_mantissa=3, bias=7, has_infinity=False)
_E5M2: Final = float8_values(n_exponent=5, n_mantissa=2, bias=15, has_infinity=True)
NUMBER_TYPES: Final[Mapping[str, NumberType]] = {
    "F64": _plain("<f8"),
    "F32": _plain("<f4"),
    "F16": _plain("<f2"),
    "BF16": NumberType(16, np.dtype("<u2"), _SINGLE, widened_bfloat16),
    "F8_E4M3": NumberType(8, _BYTE, _SINGLE, widened_bytes(_E4M3)),
    "F8_E5M2": NumberType(8, _BYTE, _SINGLE, widened_bytes(_E5M2)),
    "I64": _plain("<i8"),
    "I32": _plain("<i4"),
    "I16": _plain("<i2"),
    "I8": _plain("|i1"),
    "U64": _plain("<u8"),
    "U32": _plain("<u4"),
    "U16": _plain("<u2"),
    "U8": _plain("|u1"),
    "BOOL": NumberType(8, _BYTE, np.dtype(np.bool_), _is_not_zero),
    # Their sizes are known, so that a file that has them among others can be checked and used.
    "C64": NumberType(64, None, None),
    "F8_E8M0": NumberType(8, None, None),
    "F8_E4M3FNUZ": NumberType(8, None, None),
    "F8_E5M2FNUZ": NumberType(8, None, None),
    "F6_E2M3": NumberType(6, None, None),
    "F6_E3M2": NumberType(6, None, None),
    "F4": NumberType(4, None, None),
}
