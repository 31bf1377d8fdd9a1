"""Every scheme's oracle by the name of the scheme, found in the files of this folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np

from embedcore.contract import POSITION_TABLE, ModelMetadata
from embedcore.errors import ParityError
from embedcore.files.modules import listed_in, modules_in
from export.oracles.request import Arrays, Oracle, Request


def oracles_of(modules: Sequence[ModuleType]) -> dict[str, Oracle]:
    """Return the oracles that `modules` list as `ORACLES`. Raises ParityError where a scheme has two."""
    return listed_in(
        modules,
        "ORACLES",
        lambda name, second: ParityError(f"the scheme {name!r} has 2 oracles, the second in {second}: keep one"),
    )


ORACLES: Final[Mapping[str, Oracle]] = oracles_of(modules_in(Path(__file__).parent, __package__, but=("registry",)))


def require_oracle(scheme: str) -> None:
    """Raise ParityError where the scheme has no oracle, so that nothing independent says what it gives."""
    if scheme not in ORACLES:
        msg = (
            f"the positional scheme {scheme!r} has no oracle, so nothing says what its numbers have to be: write a "
            f"file of export/oracles that lists {scheme!r} in ORACLES"
        )
        raise ParityError(msg)


def position_rows(metadata: ModelMetadata, weights: Mapping[str, np.ndarray], sequence: int, rows: slice) -> Arrays:
    """Return what the scheme of `metadata` gives for `sequence` positions, float64, by the contract's output names.

    Only `rows` of each output's last axis but one (positions, queries or distances) are computed. Raises ParityError
    where the scheme has no oracle.
    """
    require_oracle(metadata.position_scheme)
    table = weights.get(POSITION_TABLE, np.zeros((0, 0)))
    return ORACLES[metadata.position_scheme](Request(metadata, table, sequence, rows.start, rows.stop))
