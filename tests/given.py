"""What a caller could give that is no position, head or size, the schemes to give it to, and how each is refused."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.schemes import (
    T5,
    Alibi,
    Attention,
    BertRelative,
    BertRelativeKeyQuery,
    Deberta,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    Tokens,
    TransformerXL,
)
from embedcore.schemes.attention import Scheme
from embedcore.schemes.rope_parameters import RopeParameters

D_MODEL = 8
VECTORS = np.random.default_rng(5).standard_normal((5, D_MODEL)).astype(np.float32)
TABLE = np.random.default_rng(6).standard_normal((50, D_MODEL)).astype(np.float32)
HEADS = Heads(2)
YARN = RopeParameters(2, scaling="yarn")
SCHEMES: Final[Mapping[str, Scheme]] = {
    "none": NoPosition(), "learned": Learned(TABLE), "sinusoidal": Sinusoidal(), "shaw": Shaw(), "transformer-xl": TransformerXL(),
    "bert-relative-key": BertRelative(), "bert-relative-key-query": BertRelativeKeyQuery(), "deberta": Deberta(), "t5": T5(),
    "alibi": Alibi(), "rope": Rope(RopeParameters(2)), "rope yarn": Rope(YARN), "rope dynamic": Rope(RopeParameters(2, scaling="dynamic")),
}  # fmt: skip
EACH_SCHEME = pytest.mark.parametrize("name", SCHEMES)
NO_SIZE: Final[list[object]] = [
    1.5,
    3.0,
    math.nan,
    math.inf,
    True,
    "3",
    None,
    [],
    [2],
    np.float64(2),
    np.array([1, 2]),
    10**30,
    10**400,
    -1,
    -(10**30),
]
NO_POSITIONS: Final[dict[str, object]] = {
    "nan": [0, 1, math.nan, 3, 4],
    "infinite": [0, 1, 2, math.inf, 4],
    "bools": [True, False, True, False, True],
    "words": ["0", "1", "2", "3", "4"],
    "a word": "3",
    "a number": 3,
    "none": None,
    "empty": [],
    "empty rows": [[], []],
    "one too few": [0, 1, 2, 3],
    "one too many": range(6),
    "a matrix": np.zeros((5, 1), np.int64),
    "rows of two lengths": [[1, 2], [3]],
    "huge": [0, 1, 2, 3, 10**30],
    "past float64's whole numbers": [0, 1, 2, 3, 2**53 + 2],
    "uint64's last": np.array([0, 1, 2, 3, 2**64 - 1], np.uint64),
    "int64's first": np.array([0, 1, 2, 3, -(2**63)]),
    "complex": np.zeros(5, complex),
}  # fmt: skip


def refused(make: Callable[[], object]) -> str:
    """Assert that `make()` raises ShapeError with a sentence, and return it."""
    with pytest.raises(ShapeError) as caught:
        make()
    said = str(caught.value)
    assert 10 < len(said) < 900, said
    return said


def attend(scheme: Scheme, positions: Any) -> Attention:
    """Return the attention of VECTORS at `positions`, which may be anything."""
    tokens = Tokens(VECTORS, positions)
    return scheme.attend(tokens, tokens, HEADS)
